// quoratectl features: describe, upgrade, downgrade.
#pragma once

#include <string>

#include "cli/command_line.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::cli {

void AddFeatures(CommandLine& line);

// Returns the finalized level of each feature, then what each controller and broker supports.
std::string FeaturesText(const admin::v1::DescribeClusterResponse& cluster);

}  // namespace quorate::cli
