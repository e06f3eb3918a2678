// Checks the messages of a node: when they may be sent (invariant 6, docs/simulation.md), and that
// their claims are true.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "raft/core/effect.h"
#include "raft/core/event.h"
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
    // The node that sends requests on each stream.
    std::map<raft::SessionId, NodeId> askers;
    // The last index that each append, or the snapshot of each piece, covers, by stream and
    // sequence number.
    std::map<std::pair<raft::SessionId, int64_t>, LogIndex> sent;
    // The index up to which the inputs of this step prove that the node's log is the leader's and
    // committed.
    LogIndex proven;
    // The epoch in which the users stopped proposing for a hand-over.
    std::optional<Epoch> paused;
  };

  void CheckReply(const NodeRecord& node, const raft::effect::Reply& reply);
  void Check(const NodeRecord& node, raft::SessionId session, const raft::AppendResponse& response);
  void Check(const NodeRecord& node, raft::SessionId session,
             const raft::InstallSnapshotResponse& response);
  // Returns the voter with that id in the node's written voter set, or null if there is none.
  const NodeRecord* FindVoter(const NodeRecord& node, NodeId id) const;
  // Returns the node that leads `epoch` now. Null if none does, so that acknowledgements in it do
  // not count.
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
