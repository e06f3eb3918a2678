// What the core knows of the quorum, for people.
#include "raft/raft_core.h"

namespace quorate::raft {

QuorumStatus RaftCore::Describe(MonoTime now) const {
  QuorumStatus status{.self = self(),
                      .epoch = epoch(),
                      .leader = leader(),
                      .log_end_offset = log_.end_offset(),
                      .voter_set = log_.voters(),
                      .waiting_for = waiting_for_};
  const auto* leading = std::get_if<Leader>(&role_);
  if (leading != nullptr) {
    status.ready_offset = leading->barrier_end;
  } else if (const auto* follower = std::get_if<Follower>(&role_); follower && follower->leader) {
    status.ready_offset = follower->ready_offset;
  }
  for (const Voter& voter : log_.voters().voters()) {
    const NodeId id = voter.key.node_id;
    ReplicaStatus replica{.key = voter.key, .peer_endpoint = voter.peer_endpoint};
    if (voter.key == options_.self) {
      replica.log_end_offset = log_.end_offset();
      replica.last_contact = replica.last_caught_up = now;
    } else {
      replica.in_session = IsUp(id, StreamClass::kControl);
      if (const auto it = sessions_.find(id); it != sessions_.end()) {
        replica.last_contact = it->second.last_contact;
      }
      if (leading != nullptr) {
        const FollowerProgress& progress = leading->peers.at(id);
        replica.log_end_offset = progress.match_end_offset();
        replica.last_contact = progress.last_contact();
        replica.last_caught_up = progress.last_caught_up();
      }
    }
    status.replicas.push_back(std::move(replica));
  }
  return status;
}

}  // namespace quorate::raft
