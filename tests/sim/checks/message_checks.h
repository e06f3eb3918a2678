// What may leave a node: invariant 6 (docs/simulation.md), and that messages tell the truth.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "raft/effect.h"
#include "raft/event.h"
#include "tests/sim/checks/cluster_record.h"
#include "tests/sim/checks/log_checks.h"

namespace quorate::sim {

class MessageChecks {
 public:
  // Both outlive the checks.
  MessageChecks(ClusterRecord* cluster, LogChecks* logs) : cluster_(*cluster), logs_(*logs) {}

  void OnEvent(const NodeRecord& node, const raft::Event& event);
  void OnStep(const NodeRecord& node, const std::vector<raft::Effect>& effects);

 private:
  struct Process {
    // Who asks on which stream.
    std::map<raft::SessionId, NodeId> askers;
    // The epoch whose users stopped proposing for a hand-over.
    std::optional<Epoch> paused;
  };

  void CheckReply(const NodeRecord& node, NodeId asker, const raft::Message& message);
  void Check(const NodeRecord& node, const raft::AppendResponse& response);
  void Check(const NodeRecord& node, const raft::SnapshotChunkResponse& response);
  void Check(const NodeRecord& node, NodeId asker, const raft::VoteResponse& response);
  void Check(const NodeRecord& node, NodeId asker, const raft::HeartbeatResponse& response);
  void CheckSend(const NodeRecord& node, NodeId to, const raft::Message& message);
  void Check(const NodeRecord& node, const raft::AppendRequest& request);
  void Check(const NodeRecord& node, NodeId to, const raft::Heartbeat& heartbeat);
  void CheckOrder(const NodeRecord& node, NodeId target);
  void Violated(int invariant, const NodeRecord& node, const char* what,
                const raft::Message& message);

  ClusterRecord& cluster_;
  LogChecks& logs_;
  std::map<raft::ReplicaKey, Process> processes_;
};

}  // namespace quorate::sim
