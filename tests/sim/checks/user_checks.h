// Checks the notifications and entries that users of the log receive: invariants 8 and 12
// (docs/simulation.md).
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "raft/core/effect.h"
#include "raft/core/event.h"
#include "tests/sim/checks/cluster_record.h"

namespace quorate::sim {

class UserChecks {
 public:
  // `cluster` outlives the checks.
  explicit UserChecks(ClusterRecord* cluster) : cluster_(*cluster) {}

  void OnEvent(const NodeRecord& node, const raft::Event& event);
  void OnStep(const NodeRecord& node, const std::vector<raft::Effect>& effects);
  // Called when the process has delivered the next committed entries to its users.
  void OnDelivered(const NodeRecord& node, const std::vector<raft::EntryPtr>& entries);

 private:
  struct Process {
    // Payloads proposed in this step with the correct epoch, which a leader appends in order.
    std::deque<std::string> proposed;
    // The epoch in which the users believe that the node leads.
    std::optional<Epoch> claimed;
    LogIndex delivered;
  };

  void CheckLoaded(const NodeRecord& node, const raft::SnapshotMeta& snapshot);
  void CheckAppended(const NodeRecord& node, const raft::LogWrite& write);
  void CheckClaim(const NodeRecord& node, const raft::effect::Claim& claim);

  ClusterRecord& cluster_;
  std::map<raft::ReplicaKey, Process> processes_;
};

}  // namespace quorate::sim
