// Writes docs/metrics.md from the table of metrics.
#pragma once

#include <string>

namespace quorate::server {

// Returns the complete file.
std::string MetricsDocument();

}  // namespace quorate::server
