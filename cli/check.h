// quoratectl check: measurements of a running cluster.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

void AddCheck(CommandLine& line);

}  // namespace quorate::cli
