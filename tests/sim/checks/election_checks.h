// Checks elections: invariants 1 and 2 (docs/simulation.md), and the rules that protect a healthy
// leader (pre-vote, live leader, hand-over).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "raft/core/effect.h"
#include "raft/core/event.h"
#include "tests/sim/checks/cluster_record.h"

namespace quorate::sim {

class ElectionChecks {
 public:
  // `cluster` outlives the checks.
  explicit ElectionChecks(ClusterRecord* cluster) : cluster_(*cluster) {}

  void OnEvent(const NodeRecord& node, MonoTime now, const raft::Event& event);
  void OnStep(const NodeRecord& node, MonoTime now, const std::vector<raft::Effect>& effects);
  // Called when more writes of the replica have become durable.
  void OnDurable(const NodeRecord& node);

 private:
  // The messages that one process of a replica has received.
  struct Received {
    // The replicas that granted a pre-vote for the epoch.
    Epoch pre_vote_epoch;
    std::set<raft::ReplicaKey> pre_votes;
    // The epoch in which it stood because the previous leader ordered it to.
    Epoch ordered_epoch;
    // The leader of its epoch and the time of its last message, as long as nothing indicates that
    // the leader is gone.
    std::optional<std::pair<NodeId, MonoTime>> leader_at;
    // The epoch whose leader announced that it resigned.
    Epoch resigned_epoch;

    // Inputs of the current step.
    std::optional<raft::event::Receive> vote_request;
    std::optional<Epoch> order;                      // a TimeoutNow of its leader
    std::optional<std::pair<NodeId, Epoch>> led_by;  // a message from a leader
    bool had_live_leader = false;
  };

  void RecordReceived(const NodeRecord& node, MonoTime now, const raft::event::Receive& receive);
  bool HasLiveLeader(const NodeRecord& node, MonoTime now) const;

  void CheckHardState(const NodeRecord& node);
  void CheckStanding(const NodeRecord& node);
  void CheckNewLeader(const NodeRecord& node);
  void CheckVoteRequest(const NodeRecord& node, const std::vector<raft::Effect>& effects);
  void CheckGrant(const NodeRecord& node, const raft::VoteRequest& request);
  void CheckQuestions(const NodeRecord& node, const std::vector<raft::Effect>& effects);

  ClusterRecord& cluster_;
  std::map<raft::ReplicaKey, Received> received_;
  // The candidate for which each replica has durably voted.
  std::map<Epoch, std::map<raft::ReplicaKey, raft::ReplicaKey>> votes_;
  // The leader that any node has accepted.
  std::map<Epoch, NodeId> leaders_;
};

}  // namespace quorate::sim
