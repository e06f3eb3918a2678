// Checks which replicas become voters: part of invariant 9 (docs/simulation.md).
#pragma once

#include <deque>
#include <map>
#include <set>
#include <utility>

#include "tests/sim/checks/cluster_record.h"

namespace quorate::sim {

class MembershipChecks {
 public:
  // `cluster` outlives the checks.
  explicit MembershipChecks(ClusterRecord* cluster) : cluster_(*cluster) {}

  // Called when an operator requests that the replica become a voter.
  void OnRequested(const raft::ReplicaKey& replica) { requested_.insert(replica); }
  // Called when the users of a leader propose this voter set.
  void OnDecided(const NodeRecord& node, MonoTime now, const raft::VoterSet& next);
  void OnStep(const NodeRecord& node, MonoTime now);

 private:
  // The end of the leader's log over time, for the last check-quorum timeout.
  using Ends = std::deque<std::pair<MonoTime, LogIndex>>;

  static void Forget(const NodeRecord& node, MonoTime now, Ends& ends);

  ClusterRecord& cluster_;
  std::set<raft::ReplicaKey> requested_;
  std::map<raft::ReplicaKey, Ends> ends_;
};

}  // namespace quorate::sim
