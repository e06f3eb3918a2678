// Ends calls whose clients do not take their answers: an answer holds memory until gRPC has sent
// it, and a client that reads nothing would hold it without end.
#pragma once

#include <list>

#include "base/clock.h"
#include "base/executor.h"
#include "base/mutex.h"

namespace quorate::server {

// Thread-safe.
class SendWatch {
 public:
  class Sender {
   public:
    virtual ~Sender() = default;

    // Its time is over: it should call Ended soon. Must not call the watch.
    virtual void CutOff() = 0;

   private:
    friend class SendWatch;
    std::list<Sender*>::iterator place_;
    MonoTime since_;
  };

  // `executor` runs the timer; it has run its last task before the watch goes away.
  SendWatch(Duration max_time, Executor* executor, const Clock* clock)
      : max_time_(max_time), executor_(executor), clock_(clock) {}

  // Each sender calls both, in this order.
  void Began(Sender* sender);
  void Ended(Sender* sender);

 private:
  void ArmTimer(MonoTime when);
  void OnTimer();

  const Duration max_time_;
  Executor* const executor_;
  const Clock* const clock_;
  Mutex mutex_;
  // In the order in which they began.
  std::list<Sender*> sending_ ABSL_GUARDED_BY(mutex_);
  bool timer_armed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace quorate::server
