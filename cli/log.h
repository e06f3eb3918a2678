// quoratectl log: the metadata log, on a disk or as it grows.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

void AddLog(CommandLine& line);

// Each adds its verbs to the noun `log`.
void AddOfflineLog(CommandLine& line, CLI::App* log);
void AddLogTail(CommandLine& line, CLI::App* log);

}  // namespace quorate::cli
