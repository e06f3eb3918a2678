// quoratectl partitions reassign: plan, execute, status, cancel.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

// Adds the noun and its verbs.
void AddPartitions(CommandLine& line);

}  // namespace quorate::cli
