// Tracks which voter sets are in effect in a simulated cluster, or may come into effect, and which
// replicas are lost. From this it decides which damage and which voter changes a cluster can
// survive without breaking its promises.
#pragma once

#include <set>
#include <utility>
#include <vector>

#include "raft/api/voter_set.h"

namespace quorate::sim {

class Electorate {
 public:
  // Sets the voters that are in effect until the first Voters entry.
  void Found(raft::VoterSet founders) { governing_ = std::move(founders); }

  // Called when a leader of `epoch` appends the set, unless it has lost leadership.
  void OnProposed(Epoch epoch, raft::VoterSet voters) {
    open_.emplace_back(epoch, std::move(voters));
  }
  // Called when a node has delivered the Voters entry.
  void OnCommitted(LogIndex index, Epoch epoch, const raft::VoterSet& voters);

  // Called when the replica's disk is wiped or damaged. The replica may then stop permanently at
  // any time.
  void OnLost(const raft::ReplicaKey& replica) { lost_.insert(replica); }
  bool IsLost(const raft::ReplicaKey& replica) const { return lost_.contains(replica); }
  // Returns whether every set that is, or may come, in effect has a majority without this replica.
  bool CanLose(const raft::ReplicaKey& replica) const;
  // Returns whether a majority of the set is not lost.
  bool CanGovern(const raft::VoterSet& voters) const { return HasMajority(voters, lost_); }

  // The last committed voter set.
  const raft::VoterSet& governing() const { return governing_; }
  // The number of committed changes since the founding.
  size_t changes() const { return changes_; }

 private:
  static bool HasMajority(const raft::VoterSet& voters, const std::set<raft::ReplicaKey>& lost);

  raft::VoterSet governing_;
  LogIndex governing_index_;
  size_t changes_ = 0;
  // Proposed sets, which may be in some log.
  std::vector<std::pair<Epoch, raft::VoterSet>> open_;
  std::set<raft::ReplicaKey> lost_;
};

}  // namespace quorate::sim
