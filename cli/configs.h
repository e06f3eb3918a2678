// quoratectl configs: list, describe, alter.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

void AddConfigs(CommandLine& line);

}  // namespace quorate::cli
