// Time and an executor that a test moves by hand: nothing runs until the test says so, and then
// everything runs on the test's own thread, in an order that depends only on what was posted.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <utility>

#include "base/clock.h"
#include "base/executor.h"

namespace quorate {

// Starts one hour into monotonic time, so that a zero time point is in the past as on a machine.
class ManualClock final : public Clock {
 public:
  MonoTime Now() const override { return now_; }
  int64_t WallMs() const override { return kFirstWallMs + ToMs(now_ - kFirst); }

  // REQUIRES: d >= 0.
  void Advance(Duration d);

 private:
  static constexpr MonoTime kFirst = MonoTime(std::chrono::hours(1));
  static constexpr int64_t kFirstWallMs = 1'700'000'000'000;
  MonoTime now_ = kFirst;
};

// Not thread-safe: one test, one thread. Tasks that are left at the end are destroyed unrun.
class ManualExecutor final : public Executor {
 public:
  // `clock` must outlive the executor. TryPost refuses beyond `max_external` queued tasks.
  explicit ManualExecutor(ManualClock* clock, size_t max_external = 1'000'000)
      : clock_(clock), max_external_(max_external) {}

  // Runs what is posted and what is due until nothing is left. A CHECK fails after 1,000,000 tasks:
  // something posts itself without end.
  void RunReady();
  // Runs one of them. False: nothing is left.
  bool RunOne();

  // Moves the clock by `d`, stopping at each timer on the way to run what is due there.
  void AdvanceBy(Duration d);

  // Tasks posted and not yet run.
  size_t queued() const { return tasks_.size(); }
  // When the earliest timer is due; kNever: there is none.
  MonoTime next_timer() const { return timers_.empty() ? kNever : timers_.begin()->first.first; }

  // Whether TryRun runs its work while no other runs or is queued; at first it never does.
  void set_lends(bool lends) { lends_ = lends; }

  [[nodiscard]] bool TryRun(absl::FunctionRef<void()> work) override;
  void Post(Task task) override { tasks_.push_back(std::move(task)); }
  bool TryPost(Task task) override;
  TimerId PostAt(MonoTime when, Task task) override;
  void CancelTimer(TimerId id) override;
  // Always true: the test's thread is the loop.
  bool InLoop() const override { return true; }

 private:
  ManualClock* const clock_;
  const size_t max_external_;
  std::deque<Task> tasks_;
  std::map<std::pair<MonoTime, TimerId>, Task> timers_;
  TimerId next_id_ = 1;
  bool lends_ = false;
  bool running_ = false;
};

}  // namespace quorate
