// Metrics of elections, appends and commits.
#pragma once

#include "base/time.h"
#include "raft/api/quorum_status.h"
#include "raft/api/raft_metrics.h"
#include "server/metrics/metrics_page.h"

namespace quorate::server {

// Adds what the node has counted since it started, and the longest election timeout.
void AddRaftMetrics(const raft::RaftMetrics& metrics, Duration election_timeout_max,
                    MetricsPage& page);

// Adds the state of the node's own log.
void AddOwnLogMetrics(const raft::QuorumStatus& quorum, MetricsPage& page);

}  // namespace quorate::server
