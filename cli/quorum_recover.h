// quoratectl quorum recover: rebuilds a quorum after a majority of the controllers is lost
// permanently.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

// Adds the verb to the noun `quorum`.
void AddQuorumRecover(CommandLine& line, CLI::App* quorum);

}  // namespace quorate::cli
