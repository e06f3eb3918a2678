// quoratectl snapshot: snapshots in files: a controller's own, and backups.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

void AddSnapshot(CommandLine& line);
// Its verbs with a file of their own.
void AddSnapshotSave(CommandLine& line, CLI::App* snapshot);
void AddSnapshotRestore(CommandLine& line, CLI::App* snapshot);

}  // namespace quorate::cli
