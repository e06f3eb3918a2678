#include "cli/log.h"

namespace quorate::cli {

void AddLog(CommandLine& line) {
  CLI::App* log = line.AddNoun("log", "read the metadata log, on a disk or of a running cluster");
  AddOfflineLog(line, log);
  AddLogTail(line, log);
}

}  // namespace quorate::cli
