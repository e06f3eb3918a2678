// Metrics of the connections between controllers.
#pragma once

#include "server/metrics/metrics_page.h"
#include "server/node/peer_metrics.h"

namespace quorate::server {

void AddPeerMetrics(const PeerMetricsMap& peers, const StreamRefusalCounts& refusals,
                    MetricsPage& page);

}  // namespace quorate::server
