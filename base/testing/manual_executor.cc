#include "base/testing/manual_executor.h"

#include <algorithm>

#include "base/check.h"

namespace quorate {

void ManualClock::Advance(Duration d) {
  CHECK_GE(d.count(), 0) << "the clock cannot go back";
  now_ += d;
}

void ManualExecutor::RunReady() {
  for (int run = 0; RunOne(); ++run) {
    CHECK_LT(run, 1'000'000) << "the tasks keep posting new tasks";
  }
}

bool ManualExecutor::RunOne() {
  Task task;
  if (!tasks_.empty()) {
    task = std::move(tasks_.front());
    tasks_.pop_front();
  } else if (next_timer() <= clock_->Now()) {
    task = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
  } else {
    return false;
  }
  running_ = true;
  std::move(task)();
  running_ = false;
  return true;
}

void ManualExecutor::AdvanceBy(Duration d) {
  const MonoTime end = clock_->Now() + d;
  RunReady();
  while (next_timer() <= end) {
    clock_->Advance(next_timer() - clock_->Now());
    RunReady();
  }
  clock_->Advance(end - clock_->Now());
}

bool ManualExecutor::TryRun(absl::FunctionRef<void()> work) {
  if (!lends_ || running_ || !tasks_.empty()) return false;
  running_ = true;
  work();
  running_ = false;
  return true;
}

bool ManualExecutor::TryPost(Task task) {
  if (tasks_.size() >= max_external_) return false;
  Post(std::move(task));
  return true;
}

TimerId ManualExecutor::PostAt(MonoTime when, Task task) {
  const TimerId id = next_id_++;
  timers_.emplace(std::pair(when, id), std::move(task));
  return id;
}

void ManualExecutor::CancelTimer(TimerId id) {
  const auto timer = std::find_if(timers_.begin(), timers_.end(),
                                  [id](const auto& entry) { return entry.first.second == id; });
  if (timer != timers_.end()) timers_.erase(timer);
}

}  // namespace quorate
