// quoratectl cluster wait: for scripts that start a cluster and go on when it can be used.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::cli {

// Adds the verb to the noun `cluster`.
void AddClusterWait(CommandLine& line, CLI::App* cluster);

// The voters that are out of contact with the leader or more than `max_lag` offsets behind it, each
// in half a sentence that stays the same for as long as that is so.
std::vector<std::string> VotersBehind(const admin::v1::DescribeQuorumResponse& quorum,
                                      int64_t max_lag);

}  // namespace quorate::cli
