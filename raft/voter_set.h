// The voters and the arithmetic of their majorities: the only place that counts a quorum.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "raft/types.h"

namespace quorate::raft {

class VoterSet {
 public:
  // The empty set: nobody is a voter, nothing has a majority.
  VoterSet() = default;
  // REQUIRES: node ids are unique. Kept by ascending node id.
  explicit VoterSet(std::vector<Voter> voters);

  const std::vector<Voter>& voters() const { return voters_; }
  size_t size() const { return voters_.size(); }
  bool empty() const { return voters_.empty(); }
  bool Contains(const ReplicaKey& key) const;
  const Voter* FindByNodeId(NodeId id) const;
  std::vector<NodeId> NodeIds() const;

  // How many voters make a quorum: more than half.
  size_t Majority() const { return voters_.size() / 2 + 1; }

  // The highest index that a majority has reached, given each voter's (in any order, one for each).
  // REQUIRES: match.size() == size() > 0.
  static LogIndex MajorityIndex(std::vector<LogIndex> match);

  // 0 for the voter whose id follows `dead` cyclically, 1 for the next, …: who waits how long
  // before standing (election.cc). `dead` need not be a voter: a leader that was removed is none.
  // REQUIRES: `self` is a voter, and another node.
  size_t RankAfter(NodeId dead, NodeId self) const;

  // This set and one voter more; it replaces a voter of its node id.
  VoterSet With(Voter voter) const;
  VoterSet Without(NodeId id) const;
  // How many replicas are in one of the two sets only. Any two majorities of sets with a distance
  // of at most 1 have a voter in common (Raft dissertation §4.1); a new directory under an old node
  // id counts 2, for it is another replica.
  size_t DistanceTo(const VoterSet& other) const;

  // The payload of a Voters entry (quorate.raft.v1.VoterSet in version 1, hand-encoded here so that
  // raft/ needs no protobuf). Parse refuses what Encode cannot have written.
  std::string Encode() const;
  static absl::StatusOr<VoterSet> Parse(std::string_view bytes);

  friend bool operator==(const VoterSet&, const VoterSet&) = default;

 private:
  std::vector<Voter> voters_;
};

}  // namespace quorate::raft
