// One thread, a bounded inbox and timers: the Executor of a real process.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/executor.h"
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
  bool TryPost(Task task) override;
  TimerId PostAt(MonoTime when, Task task) override;
  void CancelTimer(TimerId id) override;
  bool InLoop() const override;

 private:
  using TimerKey = std::pair<MonoTime, TimerId>;

  void Run();

  const std::string name_;
  const size_t max_external_;
  Mutex mutex_;
  CondVar wake_;
  std::deque<Task> inbox_ ABSL_GUARDED_BY(mutex_);
  std::map<TimerKey, Task> timers_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<TimerId, MonoTime> timer_times_ ABSL_GUARDED_BY(mutex_);
  TimerId next_timer_ ABSL_GUARDED_BY(mutex_) = 1;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::atomic<std::thread::id> loop_thread_{};
  std::thread thread_;
};

}  // namespace quorate
