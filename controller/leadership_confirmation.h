// Confirms that this controller still leads before it sends an answer that appends nothing. A
// leader that was cut off or paused, and has not noticed, must not answer from an old image.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/executor.h"
#include "controller/deferred_replies.h"
#include "raft/api/replicated_log.h"

namespace quorate::controller {

// Used on the controller's loop only. One round is in flight at a time, however many answers wait.
// An answer needs a round that began after it was decided, so all answers that arrive during a
// round share the next one.
//
// Example: answer a starts round 1, and answers b and c arrive during it. When a majority has
// confirmed round 1, a continues, and round 2 begins for b and c together.
class LeadershipConfirmation {
 public:
  // All arguments must outlive this object.
  LeadershipConfirmation(Executor* executor, const Clock* clock, raft::ReplicatedLog* log)
      : executor_(executor), clock_(clock), log_(log) {}

  // Continues `waiting` when a majority has confirmed, in a round that began after this call, that
  // this node leads. Fails it with NOT_CONTROLLER if that cannot be confirmed. The caller must call
  // FailAll when leadership is lost.
  void Add(DeferredReplies::Waiting waiting);

  // Fails those whose deadline has passed with REQUEST_TIMED_OUT.
  void Expire(MonoTime now);
  // Fails all that wait. The round in flight then confirms nothing.
  void FailAll(const common::v1::Error& error);

  // A lower bound of the deadlines.
  MonoTime next_deadline() const;
  size_t size() const { return in_round_.size() + next_round_.size(); }

 private:
  void BeginRound();
  void EndRound(bool confirmed);

  Executor* const executor_;
  const Clock* const clock_;
  raft::ReplicatedLog* const log_;
  bool round_under_way_ = false;
  // The number of the round in flight. Results with another number are ignored.
  uint64_t round_ = 0;
  DeferredReplies in_round_;
  DeferredReplies next_round_;
  // The deadline of the next round: the latest deadline in next_round_.
  MonoTime next_round_deadline_;
};

}  // namespace quorate::controller
