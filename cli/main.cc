// The main function of quoratectl. commands.cc lists the commands.
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
  // A reader that closes the pipe early (| head) ends the program by SIGPIPE, so this is not
  // reached.
  const std::optional<std::string> lost = output.Finish();
  if (!lost) return static_cast<int>(code);
  std::cerr << "quoratectl: cannot write standard output: " << *lost
            << "; the output is incomplete\n";
  return static_cast<int>(code == ExitCode::kDone ? ExitCode::kOutputLost : code);
}

}  // namespace
}  // namespace quorate::cli

int main(int argc, char** argv) {
  quorate::ReportCrashes();
  // gRPC's own log would mix with the output. The status of a call says what failed.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  return quorate::cli::Main(argc, argv);
}
