// Metrics of the new connections of a listener.
#pragma once

#include <string>

#include "server/metrics/metrics_page.h"
#include "server/node/connection_instruments.h"

namespace quorate::server {

// `instruments` are those of the listener `port`.
void AddConnectionMetrics(const std::string& port, const ConnectionInstruments& instruments,
                          MetricsPage& page);

}  // namespace quorate::server
