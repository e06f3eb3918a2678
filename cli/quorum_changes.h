// quoratectl quorum add, remove, replace and transfer: who is a voter, and who leads.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

// Adds the verbs to the noun `quorum`.
void AddQuorumChanges(CommandLine& line, CLI::App* quorum);

}  // namespace quorate::cli
