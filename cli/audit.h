// quoratectl audit: who requested which change.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

void AddAudit(CommandLine& line);

}  // namespace quorate::cli
