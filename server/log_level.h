// How much this process logs. It can be changed while the process runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace quorate::server {

// From the one that logs most to the one that logs least: "debug" (single requests, attempts and
// reports), "info", "warning", "error".
const std::vector<std::string>& LogLevels();

// Any thread, all of these. Returns the level before. REQUIRES: `level` is one of LogLevels().
std::string SetLogLevel(const std::string& level);
std::string CurrentLogLevel();

// From any other level to "debug", and from there back to the one before it.
void ToggleDebugLog();

}  // namespace quorate::server
