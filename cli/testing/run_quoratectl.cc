#include "cli/testing/run_quoratectl.h"

#include <utility>

#include "base/host_port.h"
#include "tests/harness/process.h"

namespace quorate::cli {

Result RunProgram(const std::vector<std::string>& command,
                  const std::map<std::string, std::string>& environment) {
  auto ran = quorate::testing::Run(command, environment);
  return {.exit_code = ran.status.code.value_or(-1),
          .out = std::move(ran.output),
          .err = std::move(ran.errors)};
}

Result Quoratectl(std::vector<std::string> arguments,
                  const std::map<std::string, std::string>& environment) {
  arguments.insert(arguments.begin(), QuoratectlProgram());
  return RunProgram(arguments, environment);
}

std::string QuoratectlProgram() { return QUORATECTL; }

std::string Endpoint(const quorate::testing::LoopbackSocket& socket) {
  return HostPort{"127.0.0.1", socket.port()}.ToString();
}

}  // namespace quorate::cli
