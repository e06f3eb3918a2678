// Requests that cannot be decided yet but soon may: this controller is about to become active, is
// handing leadership over, or decides a large request first.
#pragma once

#include <cstddef>
#include <deque>

#include "base/clock.h"
#include "controller/answer.h"
#include "controller/deferred_replies.h"
#include "controller/heartbeat_stream.h"

namespace quorate::controller {

// A request that has not been decided.
struct PendingRequest {
  MonoTime deadline = kNever;
  // See RequestContext.
  Epoch epoch = {};
  // The heartbeat stream that it came on; 0: none.
  StreamId stream = 0;
  // It cannot be decided while nothing may be appended.
  bool waits_for_log = true;
  // It is decided on the worker.
  bool is_large = false;
  // Goes on to decide it.
  Continuation proceed;
};

class ParkedRequests {
 public:
  // At most `capacity` requests; heartbeats have room of their own, one stream has few at a time.
  explicit ParkedRequests(size_t capacity) : capacity_(capacity) {}

  // Fails the request with RESOURCE_EXHAUSTED if there is no room.
  void Park(PendingRequest request);
  // All, in the order in which they came; then there are none.
  std::deque<PendingRequest> TakeAll();
  // Fails all with `error`.
  void FailAll(const common::v1::Error& error);
  // Fails whose deadline has come: REQUEST_TIMED_OUT, REFUSED.
  void Expire(MonoTime now);
  // Fails the heartbeats of a stream that has ended: nobody waits for them.
  void DropStream(StreamId stream);

  bool empty() const { return parked_.empty(); }
  // No deadline comes before this.
  MonoTime next_deadline() const { return next_deadline_; }

 private:
  const size_t capacity_;
  std::deque<PendingRequest> parked_;
  // Those without a stream.
  size_t counted_ = 0;
  MonoTime next_deadline_ = kNever;
};

}  // namespace quorate::controller
