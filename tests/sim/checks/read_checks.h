// Linearizable reads: invariant 11 (docs/simulation.md).
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "raft/effect.h"
#include "raft/event.h"
#include "tests/sim/checks/cluster_record.h"

namespace quorate::sim {

class ReadChecks {
 public:
  // `cluster` outlives the checks.
  explicit ReadChecks(ClusterRecord* cluster) : cluster_(*cluster) {}

  void OnEvent(const NodeRecord& node, const raft::Event& event);
  void OnStep(const NodeRecord& node, const std::vector<raft::Effect>& effects);

 private:
  // A read that was asked here, by a user of this node or by another node.
  struct OpenRead {
    // What was committed anywhere when it was asked.
    LogIndex committed;
    // The newest round that had been sent by then: only an answer to a later one proves that the
    // node still led after the read was asked.
    int64_t sent = 0;
    // The leader that was asked for it has confirmed it; that was checked there.
    bool confirmed_elsewhere = false;
    // How many answers are due: a network may bring the question of a node twice.
    int answers_due = 1;
  };
  // (0, token) of this node's users, (session, token) of others.
  using ReadId = std::pair<raft::SessionId, int64_t>;

  struct Process {
    std::map<ReadId, OpenRead> reads;
    // Of the epoch that the node leads: the newest round sent, and the newest that each peer has
    // answered.
    int64_t sent = 0;
    std::map<raft::ReplicaKey, int64_t> answered;
  };

  void CheckAnswer(const NodeRecord& node, ReadId id, LogIndex index);
  bool IsConfirmed(const NodeRecord& node, const OpenRead& read);

  ClusterRecord& cluster_;
  std::map<raft::ReplicaKey, Process> processes_;
};

}  // namespace quorate::sim
