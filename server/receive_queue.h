// Who may receive the bytes of its request now. gRPC puts a whole message into memory before it
// shows any of it, so only a few calls receive at the same time; the others wait in line, and gRPC
// holds back their clients.
#pragma once

#include <cstddef>
#include <list>

#include "base/clock.h"
#include "base/executor.h"
#include "base/mutex.h"

namespace quorate::server {

// Thread-safe.
class ReceiveQueue {
 public:
  class Caller {
   public:
    virtual ~Caller() = default;

    // It is its turn: it receives, then calls Leave. On any thread, possibly within Enter; holds no
    // lock of the queue's.
    virtual void StartReceiving() = 0;
    // It has received for too long while others wait: it should Leave soon. Must not call the
    // queue.
    virtual void CutOff() = 0;

   private:
    friend class ReceiveQueue;
    std::list<Caller*>::iterator place_;
    MonoTime since_;
  };

  // `executor` runs the timer; it has run its last task before the queue goes away.
  ReceiveQueue(size_t max_receiving, Duration max_time, Executor* executor, const Clock* clock)
      : max_receiving_(max_receiving), max_time_(max_time), executor_(executor), clock_(clock) {}

  void Enter(Caller* caller);
  // It has received, or could not. Once after each StartReceiving.
  void Leave(Caller* caller);

 private:
  void Begin(Caller* caller) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ArmTimer();
  void OnTimer();

  const size_t max_receiving_;
  const Duration max_time_;
  Executor* const executor_;
  const Clock* const clock_;
  Mutex mutex_;
  // In the order in which they began, and in which they came.
  std::list<Caller*> receiving_ ABSL_GUARDED_BY(mutex_);
  std::list<Caller*> waiting_ ABSL_GUARDED_BY(mutex_);
  bool timer_armed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace quorate::server
