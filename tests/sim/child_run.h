// Runs a function in a child process, so that a failed CHECK, a crash or an endless loop is an
// ordinary outcome. A mutant of the core may cause any of them.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace quorate::sim {

// Forks, and returns the result of `run` in the child: nullopt on success, else a description of
// the failure. For a child that dies, returns its last output. For a child that uses more than
// `limit_seconds` of CPU time, returns that it does not end. REQUIRES: this process has no other
// threads.
std::optional<std::string> RunInChild(const std::function<std::optional<std::string>()>& run,
                                      int limit_seconds);

}  // namespace quorate::sim
