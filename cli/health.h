// quoratectl health: what processes say of themselves, for a container's health check and for
// people.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

void AddHealth(CommandLine& line);

}  // namespace quorate::cli
