// A clock and an executor that a test advances by hand. Nothing runs until the test says so. Then
// everything runs on the test's own thread, in an order that depends only on what was posted.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <utility>

#include "base/clock.h"
#include "base/executor.h"

namespace quorate {

// A clock that stands still between calls of Advance. It starts one hour into monotonic time, so
// that a zero time point is in the past, as on a real machine.
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

// Runs tasks only when the test asks for it. Not thread-safe: one test, one thread. Tasks that are
// left at the end are destroyed without being run.
class ManualExecutor final : public Executor {
 public:
  // `clock` must outlive the executor. TryPost refuses a task when `max_external` tasks are queued.
  explicit ManualExecutor(ManualClock* clock, size_t max_external = 1'000'000)
      : clock_(clock), max_external_(max_external) {}

  // Runs the posted tasks and the timers that are due until none is left. Fails a CHECK after
  // 1,000,000 tasks, because a task then keeps posting itself.
  void RunReady();
  // Runs one task or due timer. Returns false if there is none.
  bool RunOne();

  // Advances the clock by `d`. Stops at each timer on the way and runs what is due there.
  void AdvanceBy(Duration d);

  // Returns how many tasks are posted and not yet run.
  size_t queued() const { return tasks_.size(); }
  // Returns when the earliest timer is due, or kNever if there is none.
  MonoTime next_timer() const { return timers_.empty() ? kNever : timers_.begin()->first.first; }

  // Sets whether TryRun runs its work while no other task runs or is queued. By default it does
  // not.
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
