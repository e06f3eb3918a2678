// How much this process logs. It can be changed while the process runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace quorate::server {

// From the one that logs most to the one that logs least: "debug" (single requests, attempts and
// reports), "info", "warning", "error".
const std::vector<std::string>& LogLevels();

// REQUIRES: `level` is one of LogLevels(). Any thread.
void SetLogLevel(const std::string& level);
std::string CurrentLogLevel();

// From any other level to "debug", and from there back to the level before.
void ToggleDebugLog();

}  // namespace quorate::server
