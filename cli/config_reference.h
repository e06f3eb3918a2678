// quoratectl configs list: explains the configuration keys. Needs no cluster.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

// Adds the command to the noun `configs`.
void AddConfigsList(CommandLine& line, CLI::App* configs);

}  // namespace quorate::cli
