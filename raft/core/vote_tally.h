// Counts the answers of one round of pre-votes or votes. It is separate from the roles because both
// rounds are counted in the same way.
#pragma once

#include <map>
#include <utility>

#include "raft/api/voter_set.h"

namespace quorate::raft {

// Counts one round for one candidate.
class VoteTally {
 public:
  // `voters` govern the whole round. `self` is one of them, or was removed by an entry that is not
  // committed. In that case its own vote is required but does not count towards the majority.
  VoteTally(VoterSet voters, const ReplicaKey& self) : voters_(std::move(voters)), self_(self) {}

  // Returns whether an answer of this replica belongs to the round.
  bool Counts(const ReplicaKey& replica) const {
    return replica == self_ || voters_.Contains(replica);
  }

  // Counts only a voter's first answer. Another directory under a voter's node id is not that
  // voter.
  void Record(const ReplicaKey& voter, bool granted) {
    if (voter == self_) own_vote_ = granted;
    if (voters_.Contains(voter)) answers_.emplace(voter, granted);
  }

  // Returns whether a majority granted and this node's own vote, which may be the last to become
  // durable, is there.
  bool Won() const { return own_vote_ && CountGranted() >= voters_.Majority(); }

  // Returns whether a majority is impossible even if every voter that has not answered but may
  // (`may_answer(ReplicaKey)`) grants.
  template <typename MayAnswer>
  bool Lost(MayAnswer may_answer) const {
    size_t possible = 0;
    for (const Voter& voter : voters_.voters()) {
      const auto answer = answers_.find(voter.key);
      const bool may_grant =
          answer != answers_.end() ? answer->second : voter.key == self_ || may_answer(voter.key);
      possible += may_grant ? 1 : 0;
    }
    return possible < voters_.Majority();
  }

 private:
  size_t CountGranted() const {
    size_t granted = 0;
    for (const auto& [voter, answer] : answers_) granted += answer ? 1 : 0;
    return granted;
  }

  VoterSet voters_;
  ReplicaKey self_;
  bool own_vote_ = false;
  std::map<ReplicaKey, bool> answers_;
};

}  // namespace quorate::raft
