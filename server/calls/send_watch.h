// Ends calls whose clients do not receive their answers. An answer holds memory until gRPC has sent
// it, so a client that never reads would hold it indefinitely.
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

    // Called when this call has exceeded its time limit. It should call Ended soon. It must not
    // call the watch from here.
    virtual void CutOff() = 0;

   private:
    friend class SendWatch;
    std::list<Sender*>::iterator place_;
    MonoTime since_;
  };

  // `executor` runs the timer. It must run its last task before the watch is destroyed.
  SendWatch(Duration max_time, Executor* executor, const Clock* clock)
      : max_time_(max_time), executor_(executor), clock_(clock) {}

  // Each sender calls Began when it starts to send, and Ended when it is done.
  void Began(Sender* sender);
  void Ended(Sender* sender);

 private:
  void ArmTimer(MonoTime when);
  void OnTimer();

  const Duration max_time_;
  Executor* const executor_;
  const Clock* const clock_;
  Mutex mutex_;
  // In the order in which they began to send.
  std::list<Sender*> sending_ ABSL_GUARDED_BY(mutex_);
  bool timer_armed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace quorate::server
