// The log level of this process, which can be changed while the process runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace quorate::server {

// All functions are thread-safe.

// Returns the levels, from the most verbose to the least: "debug" (logs individual requests,
// attempts and reports), "info", "warning", "error".
const std::vector<std::string>& LogLevels();

// Sets the level and returns the previous one. REQUIRES: `level` is one of LogLevels().
std::string SetLogLevel(const std::string& level);
std::string CurrentLogLevel();

// Changes the level to "debug" or, if it is "debug" already, back to the level before.
void ToggleDebugLog();

}  // namespace quorate::server
