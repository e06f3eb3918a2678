// Runs quoratectl as scripts do, for the tests that look at its exit code and at what goes to which
// stream.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/harness/loopback_socket.h"

namespace quorate::cli {

struct Result {
  // -1 if a signal ended it.
  int exit_code = -1;
  std::string out;
  std::string err;
};

// Runs a program to its end with an empty standard input.
Result RunProgram(const std::vector<std::string>& command,
                  const std::map<std::string, std::string>& environment = {});

Result Quoratectl(std::vector<std::string> arguments,
                  const std::map<std::string, std::string>& environment = {});

// Where it was built.
std::string QuoratectlProgram();

// HOST:PORT.
std::string Endpoint(const quorate::testing::LoopbackSocket& socket);

}  // namespace quorate::cli
