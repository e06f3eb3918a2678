// quoratectl quorum add, remove, replace and transfer: change the voters and the leader.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

// Adds the verbs to the noun `quorum`.
void AddQuorumChanges(CommandLine& line, CLI::App* quorum);

}  // namespace quorate::cli
