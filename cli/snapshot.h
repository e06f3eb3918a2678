// quoratectl snapshot: what a controller's snapshots hold, without the controller.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

void AddSnapshot(CommandLine& line);

}  // namespace quorate::cli
