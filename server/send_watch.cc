#include "server/send_watch.h"

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

// The timer runs only while something is sent, so that it costs nothing otherwise.
void SendWatch::ArmTimer(MonoTime when) {
  executor_->PostAt(when, [this] { OnTimer(); });
}

void SendWatch::OnTimer() {
  MonoTime next;
  {
    // Held while senders are cut off, or one could have ended and be gone.
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
