// quoratectl topics create and delete: what changes something carries a request id, which the user
// can give and is told when the outcome is unknown.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

// Adds both verbs to the noun `topics`.
void AddTopicChanges(CommandLine& line, CLI::App* topics);

}  // namespace quorate::cli
