// Reads from a cluster where its replicas are, for the planner.
#pragma once

#include <vector>

#include "cli/reassignment_planner.h"
#include "client/admin_client.h"

namespace quorate::cli {

struct FetchedLayout {
  // A partition that is being reassigned has the replicas of its target.
  ClusterLayout layout;
  // For each partition of the layout: whether it is being reassigned.
  std::vector<bool> is_reassigning;
};

client::CallResult<FetchedLayout> FetchLayout(client::AdminClient& client);

// Returns the replicas that a partition has once its reassignment, if there is one, is complete.
std::vector<int32_t> TargetOf(const admin::v1::PartitionDescription& partition);
inline bool IsReassigning(const admin::v1::PartitionDescription& partition) {
  return !partition.adding_replicas().empty() || !partition.removing_replicas().empty();
}

}  // namespace quorate::cli
