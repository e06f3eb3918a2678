// Holds requests that cannot be decided yet but soon may be: this controller is about to become
// active, is handing over leadership, or is deciding a large request.
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
  // The heartbeat stream on which it arrived. 0: it is not a heartbeat.
  StreamId stream = 0;
  // It cannot be decided while no entry may be appended.
  bool waits_for_log = true;
  // It is decided on the worker thread.
  bool is_large = false;
  // Continues with the decision, or fails the request.
  Continuation proceed;
};

class ParkedRequests {
 public:
  // Holds at most `capacity` requests. Heartbeats do not count, because one stream has only a few
  // at a time.
  explicit ParkedRequests(size_t capacity) : capacity_(capacity) {}

  // Fails the request with RESOURCE_EXHAUSTED if there is no room.
  void Park(PendingRequest request);
  // Removes and returns the request that has waited longest. REQUIRES: not empty().
  PendingRequest TakeFirst();
  // Removes and returns all requests, in order of arrival.
  std::deque<PendingRequest> TakeAll();
  // Fails all requests with `error`.
  void FailAll(const common::v1::Error& error);
  // Fails requests whose deadline has passed with REQUEST_TIMED_OUT, outcome REFUSED.
  void Expire(MonoTime now);
  // Fails the heartbeats of a stream that has ended, because no client waits for their answers.
  void DropStream(StreamId stream);

  size_t size() const { return parked_.size(); }
  bool empty() const { return parked_.empty(); }
  // A lower bound of the deadlines.
  MonoTime next_deadline() const { return next_deadline_; }

 private:
  const size_t capacity_;
  std::deque<PendingRequest> parked_;
  // The number of requests that are not heartbeats.
  size_t counted_ = 0;
  MonoTime next_deadline_ = kNever;
};

}  // namespace quorate::controller
