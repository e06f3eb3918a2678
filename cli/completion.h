// quoratectl completion: completion scripts for shells. They are generated from the commands
// themselves, so they cannot name a command that does not exist.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

void AddCompletion(CommandLine& line);

}  // namespace quorate::cli
