// What a replica that is none of the cluster says moves nothing: invariant 14 (docs/simulation.md).
#pragma once

#include <map>
#include <string>

#include "raft/event.h"
#include "tests/sim/checks/cluster_record.h"

namespace quorate::sim {

class StrangerChecks {
 public:
  // `cluster` outlives the checks.
  explicit StrangerChecks(ClusterRecord* cluster) : cluster_(*cluster) {}

  void OnEvent(const raft::Event& event);
  void OnStep(const NodeRecord& node);

 private:
  ClusterRecord& cluster_;
  // What a stranger said in the step under way; empty: it is nobody's.
  std::string said_;
};

}  // namespace quorate::sim
