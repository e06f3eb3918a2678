#include "server/receive_queue.h"

#include <utility>

namespace quorate::server {

void ReceiveQueue::Enter(Caller* caller) {
  bool arm = false;
  {
    MutexLock lock(&mutex_);
    if (receiving_.size() >= max_receiving_) {
      waiting_.push_back(caller);
      arm = !std::exchange(timer_armed_, true);
      caller = nullptr;
    } else {
      Begin(caller);
    }
  }
  if (arm) ArmTimer();
  if (caller != nullptr) caller->StartReceiving();
}

void ReceiveQueue::Leave(Caller* caller) {
  Caller* next = nullptr;
  {
    MutexLock lock(&mutex_);
    receiving_.erase(caller->place_);
    if (!waiting_.empty()) {
      next = waiting_.front();
      waiting_.pop_front();
      Begin(next);
    }
  }
  if (next != nullptr) next->StartReceiving();
}

void ReceiveQueue::Begin(Caller* caller) {
  caller->since_ = clock_->Now();
  caller->place_ = receiving_.insert(receiving_.end(), caller);
}

// The timer runs only while somebody waits, so that it costs nothing otherwise.
void ReceiveQueue::ArmTimer() {
  executor_->PostAt(clock_->Now() + max_time_, [this] { OnTimer(); });
}

void ReceiveQueue::OnTimer() {
  {
    MutexLock lock(&mutex_);
    timer_armed_ = !waiting_.empty();
    if (!timer_armed_) return;
    // Under the lock, or the caller could have left and be gone.
    const MonoTime now = clock_->Now();
    for (Caller* caller : receiving_) {
      if (now - caller->since_ >= max_time_) caller->CutOff();
    }
  }
  ArmTimer();
}

}  // namespace quorate::server
