// Metrics of elections, appends and commits.
#pragma once

#include "raft/api/quorum_status.h"
#include "raft/api/raft_metrics.h"
#include "server/metrics/metrics_page.h"

namespace quorate::server {

// Adds what the node has counted since it started.
void AddRaftMetrics(const raft::RaftMetrics& metrics, MetricsPage& page);

// Adds the state of the node's own log.
void AddOwnLogMetrics(const raft::QuorumStatus& quorum, MetricsPage& page);

}  // namespace quorate::server
