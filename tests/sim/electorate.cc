#include "tests/sim/electorate.h"

#include <algorithm>

namespace quorate::sim {

// A proposed set is open until a set is committed in its epoch or in a later one. There is one
// change at a time in an epoch, and the leader of a later epoch either had the set in its log or
// made it void.
void Electorate::OnCommitted(LogIndex index, Epoch epoch, const raft::VoterSet& voters) {
  if (index <= governing_index_) return;
  governing_index_ = index;
  if (voters.DistanceTo(governing_) > 0) ++changes_;
  governing_ = voters;
  std::erase_if(open_, [epoch](const auto& open) { return open.first <= epoch; });
}

bool Electorate::CanLose(const raft::ReplicaKey& replica) const {
  std::set<raft::ReplicaKey> lost = lost_;
  lost.insert(replica);
  return HasMajority(governing_, lost) &&
         std::all_of(open_.begin(), open_.end(),
                     [&lost](const auto& open) { return HasMajority(open.second, lost); });
}

bool Electorate::HasMajority(const raft::VoterSet& voters, const std::set<raft::ReplicaKey>& lost) {
  const auto sound =
      std::count_if(voters.voters().begin(), voters.voters().end(),
                    [&lost](const raft::Voter& voter) { return !lost.contains(voter.key); });
  return static_cast<size_t>(sound) >= voters.Majority();
}

}  // namespace quorate::sim
