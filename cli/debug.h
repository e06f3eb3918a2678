// quoratectl debug: makes processes log more detail.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

void AddDebug(CommandLine& line);

}  // namespace quorate::cli
