// quoratectl log: the metadata log, on a disk or of a running cluster.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

void AddLog(CommandLine& line);

// Add their verbs to the noun `log`.
void AddOfflineLog(CommandLine& line, CLI::App* log);
void AddLogTail(CommandLine& line, CLI::App* log);

}  // namespace quorate::cli
