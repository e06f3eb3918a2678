// quoratectl quorum watch: a line for each change of the quorum.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::cli {

void AddQuorumWatch(CommandLine& line, CLI::App* quorum);

// What several controllers said at the same time; nullopt for one that did not answer.
using QuorumViews = std::vector<std::optional<admin::v1::DescribeQuorumResponse>>;

// Returns the state of the quorum in one line, as in "leader 1 in epoch 3; 2 of 3 voters in
// contact, without 2". Two states that mean the same to an operator have the same text: it says
// nothing about offsets and ages.
std::string QuorumStateText(const QuorumViews& views);

}  // namespace quorate::cli
