// What may leave a node: invariant 6 (docs/simulation.md), and that messages tell the truth.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "raft/effect.h"
#include "raft/event.h"
#include "tests/sim/checks/cluster_record.h"

namespace quorate::sim {

class MessageChecks {
 public:
  // `cluster` outlives the checks.
  explicit MessageChecks(ClusterRecord* cluster) : cluster_(*cluster) {}

  void OnEvent(const NodeRecord& node, const raft::Event& event);
  void OnStep(const NodeRecord& node, const std::vector<raft::Effect>& effects);

 private:
  struct Process {
    // Who asks on which stream.
    std::map<raft::SessionId, NodeId> askers;
    // The last index that each append, or the snapshot of each piece, covers, by stream and number.
    std::map<std::pair<raft::SessionId, int64_t>, LogIndex> sent;
    // How far what happens in this step proves that this node's log is the leader's, and committed.
    LogIndex proven;
    // The epoch whose users stopped proposing for a hand-over.
    std::optional<Epoch> paused;
  };

  void CheckReply(const NodeRecord& node, const raft::effect::Reply& reply);
  void Check(const NodeRecord& node, raft::SessionId session, const raft::AppendResponse& response);
  void Check(const NodeRecord& node, raft::SessionId session,
             const raft::SnapshotChunkResponse& response);
  // The voter of that id, as the node has written down who they are; null: none is.
  const NodeRecord* FindVoter(const NodeRecord& node, NodeId id) const;
  // Who leads `epoch` now; null: nobody does, so nobody counts what is acknowledged in it.
  const NodeRecord* FindReigning(Epoch epoch) const;
  void Check(const NodeRecord& node, NodeId asker, const raft::VoteResponse& response);
  void Check(const NodeRecord& node, NodeId asker, const raft::HeartbeatResponse& response);
  void CheckSend(const NodeRecord& node, NodeId to, const raft::Message& message);
  void Check(const NodeRecord& node, const raft::AppendRequest& request);
  void Check(const NodeRecord& node, NodeId to, const raft::Heartbeat& heartbeat);
  void CheckOrder(const NodeRecord& node, NodeId target);
  void Violated(int invariant, const NodeRecord& node, const char* what,
                const raft::Message& message);

  ClusterRecord& cluster_;
  std::map<raft::ReplicaKey, Process> processes_;
};

}  // namespace quorate::sim
