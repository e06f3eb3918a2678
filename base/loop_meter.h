// Measures how long one task keeps a loop from its next one. A loop that stands still delays
// everything behind it, heartbeats included, so every task should end within kTaskLimit.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"

namespace quorate {

// The thread that runs the loop's tasks calls Begin, Next and End; any thread calls the rest.
class LoopMeter {
 public:
  // What a loop promises the tasks that wait.
  static constexpr Duration kTaskLimit = std::chrono::milliseconds(20);
  // A task that ran longer than kWarnAfter is logged, at most once in kWarnPause for each loop.
  static constexpr Duration kWarnAfter = std::chrono::milliseconds(100);
  static constexpr Duration kWarnPause = std::chrono::seconds(10);

  // `name` is the loop's, for the log.
  explicit LoopMeter(std::string name) : name_(std::move(name)) {}

  // A task begins at `now`.
  void Begin(MonoTime now) { since_.store(Encode(now), std::memory_order_relaxed); }
  // The task has ended at `now`, and the next one begins.
  void Next(MonoTime now);
  // The last task has ended, and none runs.
  void End() { since_.store(kIdle, std::memory_order_relaxed); }

  // When the task that runs now began; nothing: the loop waits for work.
  std::optional<MonoTime> busy_since() const;
  // The longest time that one task ran, of those that have ended.
  Duration longest() const { return Duration(longest_.load(std::memory_order_relaxed)); }
  // How many tasks ran for longer than kTaskLimit.
  int64_t over_limit() const { return over_limit_.load(std::memory_order_relaxed); }

 private:
  static constexpr int64_t kIdle = INT64_MIN;
  static int64_t Encode(MonoTime time) { return time.time_since_epoch().count(); }

  void Record(Duration took, MonoTime now);

  const std::string name_;
  std::atomic<int64_t> since_{kIdle};
  std::atomic<int64_t> longest_{0};
  std::atomic<int64_t> over_limit_{0};
  // The runner's own.
  MonoTime warn_again_at_ = MonoTime::min();
};

inline void LoopMeter::Next(MonoTime now) {
  const Duration took(Encode(now) - since_.load(std::memory_order_relaxed));
  if (took > kTaskLimit || took > longest()) Record(took, now);
  Begin(now);
}

}  // namespace quorate
