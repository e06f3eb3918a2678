// quoratectl completion: scripts for shells, made from the commands themselves, so that they cannot
// name what is not there.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

void AddCompletion(CommandLine& line);

}  // namespace quorate::cli
