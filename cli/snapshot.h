// quoratectl snapshot: snapshot files, both a controller's own and backups.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

void AddSnapshot(CommandLine& line);
// The verbs that are implemented in separate files.
void AddSnapshotSave(CommandLine& line, CLI::App* snapshot);
void AddSnapshotRestore(CommandLine& line, CLI::App* snapshot);

}  // namespace quorate::cli
