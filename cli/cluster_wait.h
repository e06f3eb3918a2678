// quoratectl cluster wait: for scripts that start a cluster and go on when it can be used.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

// Adds the verb to the noun `cluster`.
void AddClusterWait(CommandLine& line, CLI::App* cluster);

}  // namespace quorate::cli
