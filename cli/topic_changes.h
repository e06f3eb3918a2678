// quoratectl topics create and delete. Each request carries a request id, which the user can set
// and which is printed if the outcome is unknown.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

// Adds both verbs to the noun `topics`.
void AddTopicChanges(CommandLine& line, CLI::App* topics);

}  // namespace quorate::cli
