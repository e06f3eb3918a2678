// A run of its own process, so that a failed CHECK, a crash and an endless loop are outcomes like
// others: a wrong version of the core may do any of them.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace quorate::sim {

// Forks, and returns what `run` returned in the child: nothing if all went well, else what went
// wrong. A child that dies says its last words, one that takes longer than `limit_seconds` of
// processor time that it does not end. REQUIRES: this process has no other threads.
std::optional<std::string> RunInChild(const std::function<std::optional<std::string>()>& run,
                                      int limit_seconds);

}  // namespace quorate::sim
