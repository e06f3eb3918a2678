// quoratectl: what it can do is in commands.cc.
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "base/crash_report.h"
#include "cli/command_line.h"
#include "cli/standard_output.h"

namespace quorate::cli {
namespace {

int Main(int argc, char** argv) {
  CommandLine line;
  AddAllCommands(line);
  StandardOutput output(STDOUT_FILENO);
  std::ostream out(&output);
  const ExitCode code = line.Run(argc, argv, out, std::cerr);
  // A reader that goes away early (| head) ends the program by SIGPIPE, as it ends others, and
  // never gets here.
  const std::optional<std::string> lost = output.Finish();
  if (!lost) return static_cast<int>(code);
  std::cerr << "quoratectl: cannot write standard output: " << *lost
            << "; what was printed is not complete\n";
  return static_cast<int>(code == ExitCode::kDone ? ExitCode::kOutputLost : code);
}

}  // namespace
}  // namespace quorate::cli

int main(int argc, char** argv) {
  quorate::ReportCrashes();
  // gRPC's own log would mix with what we tell; what failed is in the status of the call.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  return quorate::cli::Main(argc, argv);
}
