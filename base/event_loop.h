// One thread, a bounded inbox and timers: the Executor of a real process.
//
// While the thread sleeps, TryRun lends the loop to its caller for one task. The thread or borrower
// that is running tasks is called the runner. There is at most one. The mutex makes the writes of
// one runner visible to the next. A borrower runs only its own task, because tasks that others
// posted may have to run on the loop's thread. For example, a task may own gRPC objects that must
// not be destroyed on gRPC's own threads.
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

// Runs tasks and timers on a thread that it owns. Thread-safe.
class EventLoop final : public Executor {
 public:
  // `name` (at most 15 characters) names the thread. TryPost refuses a task when `max_external`
  // tasks are queued, whichever call queued them.
  EventLoop(std::string name, size_t max_external);
  // Calls Stop.
  ~EventLoop() override;

  // Runs the queued tasks, drops the timers and joins the thread. Idempotent. Must not be called
  // from the loop itself. Tasks that are posted afterwards are destroyed without being run.
  void Stop();

  void Post(Task task) override;
  bool TryRun(absl::FunctionRef<void()> work) override;
  bool TryPost(Task task) override;
  TimerId PostAt(MonoTime when, Task task) override;
  void CancelTimer(TimerId id) override;
  bool InLoop() const override;

  const std::string& name() const { return name_; }
  // Returns the number of tasks that are queued and do not run yet.
  size_t queued() const;
  // Measures how long the loop's tasks run and wait, and whether one is running now. Any thread may
  // read it.
  const LoopMeter& meter() const { return meter_; }

 private:
  using TimerKey = std::pair<MonoTime, TimerId>;

  void Run();
  // Appends `task` to the inbox. Returns whether the thread must be woken for it.
  bool Enqueue(Task task) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Makes the caller the runner if the loop is free and has been idle for a while. Returns whether
  // it did.
  bool Borrow();
  // Waits until the loop is free and a task or a timer is due. Then makes the thread the runner and
  // moves the queued tasks to `tasks`. Returns false if the loop is stopped.
  bool AwaitWork(std::deque<Task>& tasks) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  MonoTime NextTimer() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string name_;
  const size_t max_external_;
  mutable Mutex mutex_;
  CondVar wake_;
  std::deque<Task> inbox_ ABSL_GUARDED_BY(mutex_);
  // When the first task of the inbox was queued. Valid only if there is one.
  MonoTime queued_at_ ABSL_GUARDED_BY(mutex_);
  std::map<TimerKey, Task> timers_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<TimerId, MonoTime> timer_times_ ABSL_GUARDED_BY(mutex_);
  TimerId next_timer_ ABSL_GUARDED_BY(mutex_) = 1;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // A caller of TryRun is the runner. It wakes the thread afterwards if necessary.
  bool lent_ ABSL_GUARDED_BY(mutex_) = false;
  // The thread woke up while the loop was lent. No caller may borrow the loop again until the
  // thread has run.
  bool wanted_ ABSL_GUARDED_BY(mutex_) = false;
  // When the loop became idle. Valid only while there is no runner.
  MonoTime idle_since_ ABSL_GUARDED_BY(mutex_);
  // When the thread wakes up by itself. Valid only while it sleeps.
  MonoTime asleep_until_ ABSL_GUARDED_BY(mutex_) = kNever;
  // Written under the mutex. The id of no thread if there is no runner.
  std::atomic<std::thread::id> runner_{};
  // Written by the runner.
  LoopMeter meter_;
  std::thread thread_;
};

}  // namespace quorate
