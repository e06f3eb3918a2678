#include "base/event_loop.h"

#include <pthread.h>

#include "base/check.h"

namespace quorate {

EventLoop::EventLoop(std::string name, size_t max_external)
    : name_(std::move(name)), max_external_(max_external), thread_([this] { Run(); }) {}

EventLoop::~EventLoop() { Stop(); }

void EventLoop::Stop() {
  CHECK(!InLoop()) << name_ << " cannot stop itself";
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  wake_.NotifyOne();
  if (thread_.joinable()) thread_.join();
}

void EventLoop::Post(Task task) {
  {
    MutexLock lock(&mutex_);
    if (stopping_) return;
    inbox_.push_back(std::move(task));
    if (inbox_.size() > 1) return;  // the loop is awake or already told
  }
  wake_.NotifyOne();
}

bool EventLoop::TryPost(Task task) {
  {
    MutexLock lock(&mutex_);
    if (stopping_ || inbox_.size() >= max_external_) return false;
    inbox_.push_back(std::move(task));
    if (inbox_.size() > 1) return true;
  }
  wake_.NotifyOne();
  return true;
}

TimerId EventLoop::PostAt(MonoTime when, Task task) {
  TimerId id;
  bool is_first;
  {
    MutexLock lock(&mutex_);
    id = next_timer_++;
    if (stopping_) return id;
    const auto it = timers_.emplace(TimerKey(when, id), std::move(task)).first;
    timer_times_.emplace(id, when);
    is_first = it == timers_.begin();
  }
  if (is_first && !InLoop()) wake_.NotifyOne();
  return id;
}

void EventLoop::CancelTimer(TimerId id) {
  Task doomed;  // destroyed outside the lock: what it owns may call back into the loop
  MutexLock lock(&mutex_);
  const auto it = timer_times_.find(id);
  if (it == timer_times_.end()) return;
  const auto timer = timers_.find(TimerKey(it->second, id));
  timer_times_.erase(it);
  if (timer == timers_.end()) return;
  doomed = std::move(timer->second);
  timers_.erase(timer);
}

bool EventLoop::InLoop() const { return std::this_thread::get_id() == loop_thread_.load(); }

void EventLoop::Run() {
  loop_thread_ = std::this_thread::get_id();
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  while (true) {
    std::deque<Task> tasks;
    {
      MutexLock lock(&mutex_);
      while (inbox_.empty()) {
        if (stopping_) {
          timers_.clear();
          timer_times_.clear();
          return;
        }
        if (timers_.empty()) {
          wake_.Wait(&mutex_);
        } else if (timers_.begin()->first.first > std::chrono::steady_clock::now()) {
          wake_.WaitUntil(&mutex_, timers_.begin()->first.first);
        } else {
          break;
        }
      }
      // One round is what was queued when it began, then the timers that were due: neither can
      // starve the other.
      tasks.swap(inbox_);
    }
    for (Task& task : tasks) std::move(task)();
    const MonoTime now = std::chrono::steady_clock::now();
    while (true) {
      Task due;
      {
        MutexLock lock(&mutex_);
        if (stopping_ || timers_.empty() || timers_.begin()->first.first > now) break;
        due = std::move(timers_.begin()->second);
        timer_times_.erase(timers_.begin()->first.second);
        timers_.erase(timers_.begin());
      }
      std::move(due)();
    }
  }
}

}  // namespace quorate
