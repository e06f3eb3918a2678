// Limits how many calls receive their request at the same time. gRPC buffers a whole message in
// memory before it passes any of it on, so only a few calls may receive at once. The others wait in
// a queue, and HTTP/2 flow control holds their clients back.
//
// A message that was sent along with its headers is received in microseconds. But a client that
// opens calls and sends no message would block the queue. Therefore:
//
// - Each connection may receive at most a fixed number of requests at once.
// - Waiting connections take turns.
// - A call that has received for too long is cut off if a connection gets no turn because of it.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/executor.h"
#include "base/mutex.h"

namespace quorate::server {

// Thread-safe.
class ReceiveQueue {
 public:
  struct Limits {
    size_t max_receiving = 0;
    // The most calls of one connection that receive at the same time.
    size_t max_of_connection = 0;
    // A call may receive for at least this long, however many others wait.
    Duration max_time{};
  };

  class Caller {
   public:
    virtual ~Caller() = default;

    // Called when it is this call's turn. It must receive its request and then call Leave. Called
    // on any thread, possibly from within Enter, with no lock of the queue held.
    virtual void StartReceiving() = 0;
    // Called when this call has received for too long while others wait. It should call Leave soon.
    // It must not call the queue from here.
    virtual void CutOff() = 0;
    // Returns a name for the call's connection. Must not call the queue.
    virtual std::string Connection() const = 0;

   private:
    friend class ReceiveQueue;
    std::list<Caller*>::iterator place_;
    MonoTime since_;
  };

  // `executor` runs the timer. It must run its last task before the queue is destroyed.
  ReceiveQueue(const Limits& limits, Executor* executor, const Clock* clock)
      : limits_(limits), executor_(executor), clock_(clock) {}

  // Queues `caller`, or starts it at once.
  void Enter(Caller* caller);
  // The call has received its request, or failed to. Call once after each StartReceiving.
  void Leave(Caller* caller);

 private:
  // The waiting calls of one connection, in the order of their arrival.
  struct Line {
    std::string connection;
    std::list<Caller*> callers;
    // When the connection last had its turn, or started to wait.
    MonoTime turn;
  };

  bool HasShareLeft(const std::string& connection) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  void Begin(Caller* caller) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Wait(Caller* caller, std::string connection) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Removes the next call from the lines and returns it. Returns null if none may begin.
  Caller* TakeNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // If the first line has waited for too long, cuts off the calls that it waits for.
  void CutOffSlow() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ArmTimer();
  void OnTimer();

  const Limits limits_;
  Executor* const executor_;
  const Clock* const clock_;
  Mutex mutex_;
  // In the order in which they began to receive.
  std::list<Caller*> receiving_ ABSL_GUARDED_BY(mutex_);
  // Sorted by `turn`. No line is empty.
  std::list<Line> lines_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::list<Line>::iterator> line_of_ ABSL_GUARDED_BY(mutex_);
  bool timer_armed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace quorate::server
