// Confirms that this controller still leads, for answers that append nothing: a leader that was cut
// off or paused, and has not noticed, must not answer from an old image.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/executor.h"
#include "controller/deferred_replies.h"
#include "raft/replicated_log.h"

namespace quorate::controller {

// On the controller's loop only. However many answers wait, one round is under way, and the others
// share the next one: an answer needs a round that began after it was decided.
class LeadershipConfirmation {
 public:
  // Both must outlive this.
  LeadershipConfirmation(Executor* executor, const Clock* clock)
      : executor_(executor), clock_(clock) {}
  void SetLog(raft::ReplicatedLog* log) { log_ = log; }

  // Continues when a majority has confirmed, after this call, that this node leads. Fails with
  // NOT_CONTROLLER if it cannot be confirmed. The caller calls FailAll when leadership is lost.
  void Add(DeferredReplies::Waiting waiting);

  // Fails those whose deadline has come: REQUEST_TIMED_OUT.
  void Expire(MonoTime now);
  // Fails all that wait. A round under way confirms nothing any more.
  void FailAll(const common::v1::Error& error);

  // No deadline comes before this.
  MonoTime next_deadline() const;
  size_t size() const { return in_round_.size() + next_round_.size(); }

 private:
  void BeginRound();
  void EndRound(bool confirmed);

  Executor* const executor_;
  const Clock* const clock_;
  raft::ReplicatedLog* log_ = nullptr;
  bool round_under_way_ = false;
  // Of the round under way; a result that carries another number is void.
  uint64_t round_ = 0;
  DeferredReplies in_round_;
  DeferredReplies next_round_;
  // When the last one of next_round_ gives up: the deadline of its round.
  MonoTime next_round_deadline_;
};

}  // namespace quorate::controller
