#include "base/event_loop.h"

#include <pthread.h>

#include "base/check.h"

namespace quorate {
namespace {

// How long the loop must have been idle before TryRun lends it. A loop that fell asleep a moment
// ago is busy: the tasks that arrive while its thread wakes up run in one round and share its cost.
// After a longer sleep a task usually arrives alone.
constexpr Duration kLentAfter = std::chrono::microseconds(100);

}  // namespace

EventLoop::EventLoop(std::string name, size_t max_external)
    : name_(std::move(name)),
      max_external_(max_external),
      meter_(name_),
      thread_([this] { Run(); }) {}

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

bool EventLoop::Enqueue(Task task) {
  if (inbox_.empty()) queued_at_ = std::chrono::steady_clock::now();
  inbox_.push_back(std::move(task));
  return inbox_.size() == 1 && !lent_;  // else the thread is awake or notified, or will be
}

void EventLoop::Post(Task task) {
  bool wake;
  {
    MutexLock lock(&mutex_);
    if (stopping_) return;
    wake = Enqueue(std::move(task));
  }
  if (wake) wake_.NotifyOne();
}

bool EventLoop::TryPost(Task task) {
  bool wake;
  {
    MutexLock lock(&mutex_);
    if (stopping_ || inbox_.size() >= max_external_) return false;
    wake = Enqueue(std::move(task));
  }
  if (wake) wake_.NotifyOne();
  return true;
}

bool EventLoop::TryRun(absl::FunctionRef<void()> work) {
  if (!Borrow()) return false;
  work();
  const MonoTime ended = std::chrono::steady_clock::now();
  meter_.Next(ended);
  MutexLock lock(&mutex_);
  meter_.End();
  lent_ = false;
  runner_ = std::thread::id();
  idle_since_ = ended;
  // Notifies under the mutex: the loop may be destroyed as soon as its thread can see that it is
  // free.
  if (wanted_ || stopping_ || !inbox_.empty() || NextTimer() < asleep_until_) wake_.NotifyOne();
  return true;
}

bool EventLoop::Borrow() {
  MutexLock lock(&mutex_);
  const bool is_free = runner_.load() == std::thread::id() && !wanted_;
  if (!is_free || stopping_ || !inbox_.empty()) return false;
  const MonoTime now = std::chrono::steady_clock::now();
  if (now < idle_since_ + kLentAfter) return false;
  meter_.Begin(now);
  lent_ = true;
  runner_ = std::this_thread::get_id();
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

size_t EventLoop::queued() const {
  MutexLock lock(&mutex_);
  return inbox_.size();
}

bool EventLoop::InLoop() const { return std::this_thread::get_id() == runner_.load(); }

MonoTime EventLoop::NextTimer() const {
  return timers_.empty() ? kNever : timers_.begin()->first.first;
}

bool EventLoop::AwaitWork(std::deque<Task>& tasks) {
  // A borrower may already be the runner before the thread's first round.
  if (!lent_) runner_ = std::thread::id();
  while (true) {
    wanted_ = lent_;
    if (lent_) {
      wake_.Wait(&mutex_);
      continue;
    }
    if (!inbox_.empty()) break;
    if (stopping_) return false;
    idle_since_ = std::chrono::steady_clock::now();
    asleep_until_ = NextTimer();
    if (asleep_until_ == kNever) {
      wake_.Wait(&mutex_);
    } else if (asleep_until_ > idle_since_) {
      wake_.WaitUntil(&mutex_, asleep_until_);
    } else {
      break;
    }
  }
  runner_ = std::this_thread::get_id();
  // A round runs the tasks that were queued when it began, and then the timers that are due.
  // Neither can starve the other.
  tasks.swap(inbox_);
  const MonoTime now = std::chrono::steady_clock::now();
  if (!tasks.empty()) meter_.RecordWait(queued_at_, now);
  meter_.Begin(now);
  return true;
}

void EventLoop::Run() {
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  while (true) {
    std::deque<Task> tasks;
    // Destroyed outside the lock, as in CancelTimer.
    std::map<TimerKey, Task> dropped;
    {
      MutexLock lock(&mutex_);
      if (!AwaitWork(tasks)) {
        dropped.swap(timers_);
        timer_times_.clear();
        return;
      }
    }
    for (Task& task : tasks) {
      std::move(task)();
      task = nullptr;  // what the task owns is destroyed as part of it
      meter_.Next(std::chrono::steady_clock::now());
    }
    const MonoTime now = std::chrono::steady_clock::now();
    while (true) {
      Task due;
      {
        MutexLock lock(&mutex_);
        if (stopping_ || NextTimer() > now) break;
        due = std::move(timers_.begin()->second);
        timer_times_.erase(timers_.begin()->first.second);
        timers_.erase(timers_.begin());
      }
      std::move(due)();
      due = nullptr;
      meter_.Next(std::chrono::steady_clock::now());
    }
    meter_.End();
  }
}

}  // namespace quorate
