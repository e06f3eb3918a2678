// Metrics of a controller's place in the quorum.
#pragma once

#include "base/clock.h"
#include "raft/api/quorum_status.h"
#include "server/metrics/metrics_page.h"

namespace quorate::server {

void AddQuorumMetrics(const raft::QuorumStatus& quorum, MonoTime now, MetricsPage& page);

}  // namespace quorate::server
