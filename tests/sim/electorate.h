// Which voter sets govern a simulated cluster, or may yet, and which replicas are lost: how much a
// cluster may be damaged, and its voters be changed, without losing for good what it promised.
#pragma once

#include <set>
#include <utility>
#include <vector>

#include "raft/voter_set.h"

namespace quorate::sim {

class Electorate {
 public:
  // Until the first Voters entry these govern.
  void Found(raft::VoterSet founders) { governing_ = std::move(founders); }

  // A leader of `epoch` appends the set, unless it has lost its leadership.
  void OnProposed(Epoch epoch, raft::VoterSet voters) {
    open_.emplace_back(epoch, std::move(voters));
  }
  // Some node delivered the Voters entry.
  void OnCommitted(LogIndex index, Epoch epoch, const raft::VoterSet& voters);

  // The replica's disk is gone, or damaged: it may stop for good at any time.
  void OnLost(const raft::ReplicaKey& replica) { lost_.insert(replica); }
  bool IsLost(const raft::ReplicaKey& replica) const { return lost_.contains(replica); }
  // Every set that governs, or may, would have a majority without it.
  bool CanLose(const raft::ReplicaKey& replica) const;
  // The set has a majority of replicas that are not lost.
  bool CanGovern(const raft::VoterSet& voters) const { return HasMajority(voters, lost_); }

  // As it was last committed.
  const raft::VoterSet& governing() const { return governing_; }
  // How often it was changed since the founding.
  size_t changes() const { return changes_; }

 private:
  static bool HasMajority(const raft::VoterSet& voters, const std::set<raft::ReplicaKey>& lost);

  raft::VoterSet governing_;
  LogIndex governing_index_;
  size_t changes_ = 0;
  // Proposed, and perhaps in some log.
  std::vector<std::pair<Epoch, raft::VoterSet>> open_;
  std::set<raft::ReplicaKey> lost_;
};

}  // namespace quorate::sim
