// quoratectl topics elect-leader.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

// Adds the verb to the noun "topics".
void AddElectLeader(CommandLine& line, CLI::App* topics);

}  // namespace quorate::cli
