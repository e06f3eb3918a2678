// quoratectl status: the state of the whole cluster on one screen.
#pragma once

#include <cstdint>
#include <string>

#include "cli/command_line.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::cli {

void AddStatus(CommandLine& line);

// Returns the screen of `quoratectl status`. `now_ms` is the wall time.
std::string StatusText(const admin::v1::DescribeClusterResponse& cluster,
                       const admin::v1::DescribeQuorumResponse& quorum, int64_t now_ms);

}  // namespace quorate::cli
