// Metrics of the process itself, which both programs have.
#pragma once

#include <string>

#include "server/metrics/metrics_page.h"

namespace quorate::server {

// `program` is the name of the program. Reads files in /proc. A value that cannot be read is
// omitted.
void AddProcessMetrics(const std::string& program, MetricsPage& page);

}  // namespace quorate::server
