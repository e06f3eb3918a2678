// Decides which peers are believed. The core cannot detect a forged message, but it knows which
// replica a message names. Any process that reaches the peer port can say Hello under any node id.
// Without these rules, one Heartbeat of the last epoch would end all elections.
//
//  1. A replica is familiar if the founding set, or a voter set that this node has seen in its log,
//     names it by node id and directory id, or if it answers where the configuration says that a
//     voter listens. Apart from rule 2, only a familiar replica may move the epoch, and lead.
//  2. A voter that this log does not name yet shows the voter set that governs its own log. It is
//     believed if that set holds this node or a familiar replica. Sets change by one replica at a
//     time, so the set of a real voter does; an unknown process knows no directory id to put into
//     it. A voter that is believed only by this rule does not depose a live leader.
//  3. No peer moves the epoch beyond kMaxEpoch, or by more than kMaxEpochJump at once.
//
// Directory ids are not secret: a process that copies a voter's directory id passes for that voter.
// Only authentication can prevent this.
#include <algorithm>

#include "raft/core/raft_core.h"

namespace quorate::raft {

bool RaftCore::IsFamiliar(const ReplicaKey& who) const {
  if (log_.HasNamed(who)) return true;
  const std::vector<NodeId>& configured = options_.configured_voters;
  return std::find(configured.begin(), configured.end(), who.node_id) != configured.end() &&
         IsUp(who, StreamClass::kControl);
}

bool RaftCore::Believes(const ReplicaKey& who, Epoch claimed,
                        const std::optional<VoterSet>& shown) const {
  // Rule 3 has an exception: a node that knows nothing of its cluster yet may find it at any epoch.
  const bool is_new = epoch() == Epoch(0) && log_.last_index() == LogIndex(0);
  const bool is_far = !is_new && claimed > epoch() && claimed - epoch() > kMaxEpochJump;
  if (claimed > kMaxEpoch || is_far) return false;
  if (IsFamiliar(who)) return true;
  return shown &&
         std::any_of(shown->voters().begin(), shown->voters().end(), [&](const Voter& voter) {
           return voter.key == options_.self || (voter.key != who && IsFamiliar(voter.key));
         });
}

void RaftCore::OnHigherEpoch(const ReplicaKey& who, Epoch claimed,
                             const std::optional<VoterSet>& shown) {
  if (Believes(who, claimed, shown)) return AdoptEpoch(claimed);
  Emit(effect::Distrust{.who = who, .epoch = claimed});
}

bool RaftCore::IsLeader(const ReplicaKey& who) const { return leader_of_epoch_ == who; }

bool RaftCore::AcceptLeader(const ReplicaKey& leader, Epoch claimed,
                            const std::optional<VoterSet>& shown) {
  if (claimed == epoch() && leader_of_epoch_) {
    // Each epoch has one leader. Another one is an unknown process, or a copy of a data directory.
    if (!IsLeader(leader) || std::holds_alternative<Leader>(role_)) {
      Emit(effect::Distrust{.who = leader, .epoch = claimed});
      return false;
    }
  } else if (!Believes(leader, claimed, shown) || (!IsFamiliar(leader) && HasLiveLeader())) {
    Emit(effect::Distrust{.who = leader, .epoch = claimed});
    return false;
  }
  if (claimed > epoch()) AdoptEpoch(claimed);
  if (!leader_of_epoch_) leader_of_epoch_ = leader;
  if (transfer_ && transfer_->epoch() < claimed) EndTransfer(absl::OkStatus());
  // What a leader sent before it resigned may arrive after its Goodbye, on another stream. It can
  // lead again only in a later epoch.
  if (death_watch_ && death_watch_->resigned && death_watch_->epoch == claimed) return true;
  death_watch_.reset();
  const NodeId node = leader.node_id;
  sessions_[node].led_at = now_;
  if (auto* follower = std::get_if<Follower>(&role_); follower && follower->leader == node) {
    follower->election_deadline = RandomElectionDeadline();
  } else {
    BecomeFollower(node, RandomElectionDeadline());
  }
  return true;
}

}  // namespace quorate::raft
