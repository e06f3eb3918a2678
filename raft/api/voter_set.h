// The voters, the arithmetic of their majorities, and the addresses of the voters. A quorum is
// counted nowhere else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "raft/api/types.h"

namespace quorate::raft {

// An immutable set of voters, ordered by node id. Only the keys of the voters decide who is a
// member. Two sets with the same members can differ in addresses, so code that asks about
// membership compares with DistanceTo or Contains, not with ==.
class VoterSet {
 public:
  // The empty set: it has no voters, and nothing has a majority.
  VoterSet() = default;
  // REQUIRES: node ids are unique. The voters are kept by ascending node id.
  explicit VoterSet(std::vector<Voter> voters);

  const std::vector<Voter>& voters() const { return voters_; }
  size_t size() const { return voters_.size(); }
  bool empty() const { return voters_.empty(); }
  bool Contains(const ReplicaKey& key) const;
  const Voter* FindByNodeId(NodeId id) const;
  std::vector<NodeId> NodeIds() const;

  // Returns how many voters make a quorum: more than half.
  size_t Majority() const { return voters_.size() / 2 + 1; }

  // Returns the highest index that a majority has reached. `match` holds one index for each voter,
  // in any order. REQUIRES: match.size() == size() > 0.
  static LogIndex MajorityIndex(std::vector<LogIndex> match);

  // Returns 0 for the voter whose id follows `dead` cyclically, 1 for the next, and so on: the
  // order in which the survivors stand for election (election.cc). `dead` need not be a voter,
  // because a leader that was removed is not one.
  // REQUIRES: `self` is a voter, and another node.
  size_t RankAfter(NodeId dead, NodeId self) const;

  // Returns this set with one more voter, which replaces a voter of the same node id.
  VoterSet With(Voter voter) const;
  VoterSet Without(NodeId id) const;
  // Returns how many replicas are in only one of the two sets. Any two majorities of sets with a
  // distance of at most 1 have a voter in common (Raft dissertation §4.1). A new directory under an
  // old node id counts 2, because it is another replica. Sets with a distance of 0 have the same
  // members, perhaps at other addresses.
  size_t DistanceTo(const VoterSet& other) const;

  // The payload of a Voters entry: quorate.raft.v1.VoterSet, encoded by hand so that raft/ needs no
  // protobuf. Parse refuses what Encode cannot have written.
  std::string Encode() const;
  static absl::StatusOr<VoterSet> Parse(std::string_view bytes);

  friend bool operator==(const VoterSet&, const VoterSet&) = default;

 private:
  std::vector<Voter> voters_;
};

}  // namespace quorate::raft
