// quoratectl health: asks processes for their health, for container health checks and for
// operators.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

void AddHealth(CommandLine& line);

}  // namespace quorate::cli
