// Checks that messages of a replica outside the cluster change nothing: invariant 14
// (docs/simulation.md).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "raft/core/effect.h"
#include "raft/core/event.h"
#include "tests/sim/checks/cluster_record.h"

namespace quorate::sim {

class StrangerChecks {
 public:
  // `cluster` outlives the checks.
  explicit StrangerChecks(ClusterRecord* cluster) : cluster_(*cluster) {}

  void OnEvent(const raft::Event& event);
  void OnStep(const NodeRecord& node, const std::vector<raft::Effect>& effects);

 private:
  ClusterRecord& cluster_;
  // The stranger's message that caused the current step, or "" if no stranger caused it.
  std::string said_;
};

}  // namespace quorate::sim
