// Runs quoratectl like a script does, for tests of its exit codes and output streams.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/harness/loopback_socket.h"

namespace quorate::cli {

struct Result {
  // -1 if a signal ended the program.
  int exit_code = -1;
  std::string out;
  std::string err;
};

// Runs a program with an empty standard input and waits until it ends.
Result RunProgram(const std::vector<std::string>& command,
                  const std::map<std::string, std::string>& environment = {});

Result Quoratectl(std::vector<std::string> arguments,
                  const std::map<std::string, std::string>& environment = {});

// Returns the path of the built program.
std::string QuoratectlProgram();

// HOST:PORT.
std::string Endpoint(const quorate::testing::LoopbackSocket& socket);

}  // namespace quorate::cli
