// quoratectl quorum recover: for when a majority of the controllers is lost for good.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

// Adds the verb to the noun `quorum`.
void AddQuorumRecover(CommandLine& line, CLI::App* quorum);

}  // namespace quorate::cli
