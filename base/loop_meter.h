// Measures how long each task keeps a loop from its next one, and how long tasks wait. A long task
// delays everything queued after it, heartbeats included, so every task should end within
// kTaskLimit.
//
// A task may take long because it has much work, or because its thread waits for a processor or for
// a disk. The CPU time of a long task tells which: a task that takes 150 ms and uses 3 ms of CPU
// time has waited.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/instruments.h"

namespace quorate {

// Keeps the run times of one loop's tasks. The thread that runs the tasks calls Begin, Next,
// RecordWait and End. Any thread may call the other functions.
class LoopMeter {
 public:
  // The longest time for which a task should run.
  static constexpr Duration kTaskLimit = std::chrono::milliseconds(20);
  // A task that took longer than kWarnAfter is logged, at most once per kWarnPause for each loop. A
  // thread of lower priority than the process often waits for a processor, so its task is logged
  // only if it has used more CPU time than kTaskLimit.
  static constexpr Duration kWarnAfter = std::chrono::milliseconds(100);
  static constexpr Duration kWarnPause = std::chrono::seconds(10);

  // `name` is the name of the loop in log messages.
  explicit LoopMeter(std::string name) : name_(std::move(name)) {}

  // Records that a task begins at `now`.
  void Begin(MonoTime now) {
    since_.store(Encode(now), std::memory_order_relaxed);
    cpu_at_begin_ = RecentCpuTime(now);
  }
  // Records that the task has ended at `now`, and that the next one begins.
  void Next(MonoTime now);
  // Records that the first task of a round waited from `queued_at` until `now`.
  void RecordWait(MonoTime queued_at, MonoTime now) { waits_.Observe(now - queued_at); }
  // Records that the last task has ended, and that none is running.
  void End() { since_.store(kIdle, std::memory_order_relaxed); }

  // Returns when the running task began, or nullopt if the loop is waiting for work.
  std::optional<MonoTime> busy_since() const;
  struct Figures {
    // The most time that one task has taken.
    Duration longest;
    // The most CPU time that one task has used. Tasks shorter than the longest one so far count
    // only if they took longer than kTaskLimit.
    Duration longest_cpu;
    // How many tasks took longer than kTaskLimit, and how many used more CPU time than that.
    int64_t over_limit = 0;
    int64_t over_limit_cpu = 0;
  };
  // Returns what is known about the tasks that have ended. CPU times are exact to a millisecond,
  // and never too low.
  Figures figures() const;
  // Returns how long the first tasks of the rounds waited, in seconds.
  const Histogram& waits() const { return waits_; }

 private:
  static constexpr int64_t kIdle = INT64_MIN;
  static int64_t Encode(MonoTime time) { return time.time_since_epoch().count(); }
  Duration longest() const { return Duration(longest_.load(std::memory_order_relaxed)); }

  // Returns the CPU time that the calling thread had used a millisecond before `now` or later. To
  // ask the kernel for each task would cost as much as a short task.
  static Duration RecentCpuTime(MonoTime now);

  void Record(Duration took, MonoTime now);

  const std::string name_;
  std::atomic<int64_t> since_{kIdle};
  std::atomic<int64_t> longest_{0};
  std::atomic<int64_t> longest_cpu_{0};
  std::atomic<int64_t> over_limit_{0};
  std::atomic<int64_t> over_limit_cpu_{0};
  Histogram waits_{Histogram::kSeconds};
  // These are used only by the thread that runs the tasks.
  Duration cpu_at_begin_{};
  MonoTime warn_again_at_ = MonoTime::min();
};

inline void LoopMeter::Next(MonoTime now) {
  const Duration took(Encode(now) - since_.load(std::memory_order_relaxed));
  if (took > kTaskLimit || took > longest()) Record(took, now);
  Begin(now);
}

}  // namespace quorate
