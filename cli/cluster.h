// quoratectl cluster: describe, wait, new-id.
#pragma once

#include <string>

#include "cli/command_line.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::cli {

void AddCluster(CommandLine& line);

// Returns the cluster's id and counts, then its controllers.
std::string ClusterText(const admin::v1::DescribeClusterResponse& cluster);

}  // namespace quorate::cli
