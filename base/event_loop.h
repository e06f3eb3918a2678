// One thread, a bounded inbox and timers: the Executor of a real process.
//
// While the thread sleeps, TryRun lends the loop to its caller for one task. Whoever runs tasks,
// the thread or a borrower, is the runner; there is at most one, and the mutex hands over what the
// last one wrote. A borrower runs nothing but its own task: what others posted may be for the
// thread alone (gRPC's objects that its own threads may not destroy).
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/executor.h"
#include "base/loop_meter.h"
#include "base/mutex.h"

namespace quorate {

class EventLoop final : public Executor {
 public:
  // `name` (at most 15 characters) names the thread. TryPost refuses beyond `max_external` queued
  // tasks, whoever posted them.
  EventLoop(std::string name, size_t max_external);
  // Stops first.
  ~EventLoop() override;

  // Runs what is queued, drops the timers, joins the thread. Idempotent; not from the loop itself.
  // Tasks posted afterwards are destroyed unrun.
  void Stop();

  void Post(Task task) override;
  bool TryRun(absl::FunctionRef<void()> work) override;
  bool TryPost(Task task) override;
  TimerId PostAt(MonoTime when, Task task) override;
  void CancelTimer(TimerId id) override;
  bool InLoop() const override;

  // How long the loop's tasks run, and whether one runs now. Any thread.
  const LoopMeter& meter() const { return meter_; }

 private:
  using TimerKey = std::pair<MonoTime, TimerId>;

  void Run();
  // Puts it behind the others; whether the thread must be woken for it.
  bool Enqueue(Task task) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Makes the caller the runner, if the loop is free and has been for a while.
  bool Borrow();
  // Waits until the loop is free and something is due, which it takes. False: it is stopped.
  bool AwaitWork(std::deque<Task>& tasks) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  MonoTime NextTimer() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string name_;
  const size_t max_external_;
  Mutex mutex_;
  CondVar wake_;
  std::deque<Task> inbox_ ABSL_GUARDED_BY(mutex_);
  std::map<TimerKey, Task> timers_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<TimerId, MonoTime> timer_times_ ABSL_GUARDED_BY(mutex_);
  TimerId next_timer_ ABSL_GUARDED_BY(mutex_) = 1;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // A caller of TryRun is the runner. It wakes the thread when it is done, if need be.
  bool lent_ ABSL_GUARDED_BY(mutex_) = false;
  // The thread woke while the loop was lent: nobody borrows it again before the thread had a turn.
  bool wanted_ ABSL_GUARDED_BY(mutex_) = false;
  // While nobody runs: since when.
  MonoTime idle_since_ ABSL_GUARDED_BY(mutex_);
  // While the thread sleeps: when it wakes by itself.
  MonoTime asleep_until_ ABSL_GUARDED_BY(mutex_) = kNever;
  // Written under the mutex. No thread's id: nobody runs.
  std::atomic<std::thread::id> runner_{};
  // Written by the runner.
  LoopMeter meter_;
  std::thread thread_;
};

}  // namespace quorate
