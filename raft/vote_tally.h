// The answers of one round of pre-votes or votes. Apart from the roles because both kinds of
// candidate count alike.
#pragma once

#include <map>

#include "base/check.h"
#include "raft/voter_set.h"

namespace quorate::raft {

class VoteTally {
 public:
  // `voters` govern the whole round; `self` is one of them.
  VoteTally(VoterSet voters, NodeId self) : voters_(std::move(voters)), self_(self) {
    CHECK(voters_.FindByNodeId(self_) != nullptr);
  }

  // Only a voter's first answer counts.
  void Record(NodeId voter, bool granted) {
    if (voters_.FindByNodeId(voter) != nullptr) answers_.emplace(voter, granted);
  }

  // A majority granted, this node's own vote (which may be the last to become durable) among it.
  bool Won() const { return Granted(self_) && CountGranted() >= voters_.Majority(); }

  // Even if everyone who has not answered but may (`may_answer(NodeId)`) grants, it is no majority.
  template <typename MayAnswer>
  bool Lost(MayAnswer may_answer) const {
    size_t possible = 0;
    for (const Voter& voter : voters_.voters()) {
      const NodeId id = voter.key.node_id;
      const auto answer = answers_.find(id);
      if (answer != answers_.end() ? answer->second : id == self_ || may_answer(id)) ++possible;
    }
    return possible < voters_.Majority();
  }

 private:
  bool Granted(NodeId voter) const {
    const auto answer = answers_.find(voter);
    return answer != answers_.end() && answer->second;
  }
  size_t CountGranted() const {
    size_t granted = 0;
    for (const auto& [voter, answer] : answers_) granted += answer ? 1 : 0;
    return granted;
  }

  VoterSet voters_;
  NodeId self_;
  std::map<NodeId, bool> answers_;
};

}  // namespace quorate::raft
