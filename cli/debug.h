// quoratectl debug: how a process tells more of what it does.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

void AddDebug(CommandLine& line);

}  // namespace quorate::cli
