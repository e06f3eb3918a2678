// The transfer of leadership to another voter (Raft dissertation §3.10), as a state machine that
// the leader drives. It is separate from the core because a transfer has few inputs, and a wrong
// order of its steps loses proposals.
#pragma once

#include <optional>

#include "base/clock.h"
#include "raft/core/event.h"

namespace quorate::raft {

// One transfer, from the request to the success or failure of the target:
//
//   pausing ──► ordered ──► deposed
//
// Pausing: the users of the log pause, so that the log stops growing. Ordered: they have paused,
// all of the log is committed and on the target, and TimeoutNow was sent. No proposal is lost.
// Deposed: this node leads no longer. The transfer has succeeded once the node follows a leader of
// a later epoch, whichever node that is. At the deadline of a phase it has failed, and a node that
// still leads continues: only then may its users resume.
class LeadershipTransfer {
 public:
  // What the leader knows of the target at the moment.
  struct Target {
    bool is_voter = false;
    bool in_contact = false;
    // All of the leader's log is committed, and on the target's disk.
    bool has_whole_log = false;
  };
  enum class Action { kWait, kOrderTarget, kAbandon };

  // `token` is the driver's request; nullopt if the leader transfers leadership by itself, because
  // it was removed or its disk is nearly full. `epoch` is the leader's.
  LeadershipTransfer(std::optional<Token> token, Epoch epoch, const ReplicaKey& target,
                     MonoTime deadline)
      : token_(token), epoch_(epoch), target_(target), deadline_(deadline) {}

  const std::optional<Token>& token() const { return token_; }
  Epoch epoch() const { return epoch_; }
  const ReplicaKey& target() const { return target_; }
  // When the transfer fails, unless its phase changes before.
  MonoTime deadline() const { return deadline_; }
  // Whether the node still leads `epoch`. If the transfer ends, its users must resume then.
  bool still_leads() const { return phase_ != Phase::kDeposed; }

  // The users of the log have paused in `epoch`.
  void OnPauseConfirmed(Epoch epoch);
  // Returns what the leader must do now: order the target to stand (TimeoutNow), or abandon the
  // transfer because the target is not a voter, or wait.
  Action Next(const Target& target) const;
  // The target was ordered to stand, and has until `deadline` to take over.
  void OnOrdered(MonoTime deadline);
  // The node no longer leads.
  void OnDeposed() { phase_ = Phase::kDeposed; }

 private:
  enum class Phase { kPausing, kOrdered, kDeposed };

  std::optional<Token> token_;
  Epoch epoch_;
  ReplicaKey target_;
  Phase phase_ = Phase::kPausing;
  bool pause_confirmed_ = false;
  MonoTime deadline_;
};

}  // namespace quorate::raft
