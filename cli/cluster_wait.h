// quoratectl cluster wait: lets scripts wait until a cluster is usable.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::cli {

// Adds the verb to the noun `cluster`.
void AddClusterWait(CommandLine& line, CLI::App* cluster);

// Describes the voters that are out of contact with the leader or more than `max_lag` offsets
// behind it, a phrase for each. A phrase does not change while the voter's problem stays the same.
std::vector<std::string> VotersBehind(const admin::v1::DescribeQuorumResponse& quorum,
                                      int64_t max_lag);

}  // namespace quorate::cli
