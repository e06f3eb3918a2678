#include "server/calls/send_watch.h"

#include <utility>

namespace quorate::server {

void SendWatch::Began(Sender* sender) {
  const MonoTime now = clock_->Now();
  {
    MutexLock lock(&mutex_);
    sender->since_ = now;
    sender->place_ = sending_.insert(sending_.end(), sender);
    if (std::exchange(timer_armed_, true)) return;
  }
  ArmTimer(now + max_time_);
}

void SendWatch::Ended(Sender* sender) {
  MutexLock lock(&mutex_);
  sending_.erase(sender->place_);
}

// The timer runs only while an answer is being sent, so that it has no cost otherwise.
void SendWatch::ArmTimer(MonoTime when) {
  executor_->PostAt(when, [this] { OnTimer(); });
}

void SendWatch::OnTimer() {
  MonoTime next;
  {
    // Hold the lock while senders are cut off; otherwise a sender could end and be deleted
    // meanwhile.
    MutexLock lock(&mutex_);
    timer_armed_ = !sending_.empty();
    if (!timer_armed_) return;
    const MonoTime now = clock_->Now();
    next = now + max_time_;
    for (Sender* sender : sending_) {
      const MonoTime until = sender->since_ + max_time_;
      if (until > now) {
        next = until;
        break;
      }
      sender->CutOff();
    }
  }
  ArmTimer(next);
}

}  // namespace quorate::server
