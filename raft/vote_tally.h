// The answers of one round of pre-votes or votes. Apart from the roles because both kinds of
// candidate count alike.
#pragma once

#include <map>
#include <utility>

#include "raft/voter_set.h"

namespace quorate::raft {

class VoteTally {
 public:
  // `voters` govern the whole round. `self` is one of them, or was removed by an entry that is not
  // committed: then its own vote is needed, and does not count.
  VoteTally(VoterSet voters, const ReplicaKey& self) : voters_(std::move(voters)), self_(self) {}

  // Only a voter's first answer counts, and another directory under its node id is not it.
  void Record(const ReplicaKey& voter, bool granted) {
    if (voter == self_) own_vote_ = granted;
    if (voters_.Contains(voter)) answers_.emplace(voter, granted);
  }

  // A majority granted, this node's own vote (which may be the last to become durable) among it.
  bool Won() const { return own_vote_ && CountGranted() >= voters_.Majority(); }

  // Even if everyone who has not answered but may (`may_answer(ReplicaKey)`) grants, it is no
  // majority.
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
