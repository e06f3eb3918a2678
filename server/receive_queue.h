// Which calls receive the bytes of their requests now. gRPC puts a whole message into memory before
// it shows any of it, so only a few calls receive at the same time; the others wait in line, and
// gRPC holds back their clients.
//
// A message that came with its headers is received in microseconds. A client that opens calls and
// sends no message would block the line. So each connection has a share of the places, connections
// take turns, and calls that have had their time are cut off where a connection gets no turn.
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
    // Places of one connection.
    size_t max_of_connection = 0;
    // What a call has at least, however many wait.
    Duration max_time{};
  };

  class Caller {
   public:
    virtual ~Caller() = default;

    // It is its turn: it receives, then calls Leave. On any thread, possibly within Enter; holds no
    // lock of the queue's.
    virtual void StartReceiving() = 0;
    // It has received for too long while others wait: it should Leave soon. Must not call the
    // queue.
    virtual void CutOff() = 0;
    // Names its connection. Must not call the queue.
    virtual std::string Connection() const = 0;

   private:
    friend class ReceiveQueue;
    std::list<Caller*>::iterator place_;
    MonoTime since_;
  };

  // `executor` runs the timer; it has run its last task before the queue goes away.
  ReceiveQueue(const Limits& limits, Executor* executor, const Clock* clock)
      : limits_(limits), executor_(executor), clock_(clock) {}

  void Enter(Caller* caller);
  // It has received, or could not. Once after each StartReceiving.
  void Leave(Caller* caller);

 private:
  // The calls of one connection that wait, in the order in which they came.
  struct Line {
    std::string connection;
    std::list<Caller*> callers;
    // When the connection last had its turn, or began to wait.
    MonoTime turn;
  };

  bool HasShareLeft(const std::string& connection) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  void Begin(Caller* caller) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Wait(Caller* caller, std::string connection) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes the next call out of the lines; null: none may begin.
  Caller* TakeNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Cuts off the calls that the first line waits for, if it has waited for long.
  void CutOffSlow() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ArmTimer();
  void OnTimer();

  const Limits limits_;
  Executor* const executor_;
  const Clock* const clock_;
  Mutex mutex_;
  // In the order in which they began.
  std::list<Caller*> receiving_ ABSL_GUARDED_BY(mutex_);
  // By `turn`; none is empty.
  std::list<Line> lines_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::list<Line>::iterator> line_of_ ABSL_GUARDED_BY(mutex_);
  bool timer_armed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace quorate::server
