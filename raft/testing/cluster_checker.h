// What must hold between the nodes of a TestCluster, checked with each effect (Raft figure 3, and
// that nothing leaves a node before the disk holds what it rests on).
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "raft/testing/test_cluster.h"

namespace quorate::raft {

class ClusterChecker {
 public:
  // Observes `cluster`, which outlives the checker.
  explicit ClusterChecker(TestCluster* cluster);

  // What is committed now must be seen by the read.
  void OnReadStarted(Token token) { reads_[token] = committed_index(); }

  LogIndex committed_index() const { return LogIndex(static_cast<int64_t>(committed_.size())); }
  size_t elections() const { return leaders_.size(); }
  // Everything that was broken, in order; empty: nothing.
  const std::vector<std::string>& violations() const { return violations_; }

 private:
  void OnEffect(NodeId id, const Effect& effect);
  void OnPersist(NodeId id, const LogWrite& write);
  void OnReply(NodeId id, const effect::Reply& reply);
  void OnLeader(NodeId id, Epoch epoch);
  void OnCommit(NodeId id, LogIndex index);
  EntryPtr EntryOf(NodeId id, LogIndex index) const;
  void Violated(NodeId id, const std::string& what);

  TestCluster* const cluster_;
  std::map<Epoch, NodeId> leaders_;
  // Log matching: entries of one index and epoch are the same, and so (the checksums form a chain)
  // is everything before them.
  std::map<std::pair<LogIndex, Epoch>, uint64_t> checksums_;
  // Once committed anywhere, from index 1 on.
  std::vector<EntryPtr> committed_;
  std::map<Token, LogIndex> reads_;
  std::vector<std::string> violations_;
};

}  // namespace quorate::raft
