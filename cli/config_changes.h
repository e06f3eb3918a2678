// quoratectl configs alter.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

// Adds the command to the noun `configs`.
void AddConfigsAlter(CommandLine& line, CLI::App* configs);

}  // namespace quorate::cli
