// quoratectl: what it can do is in commands.cc.
#include <cstdlib>
#include <iostream>

#include "base/crash_report.h"
#include "cli/command_line.h"

int main(int argc, char** argv) {
  quorate::ReportCrashes();
  // gRPC's own log would mix with what we tell; what failed is in the status of the call.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  quorate::cli::CommandLine line;
  quorate::cli::AddAllCommands(line);
  return static_cast<int>(line.Run(argc, argv, std::cout, std::cerr));
}
