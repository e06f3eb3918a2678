// Metrics of the cluster's metadata: brokers, topics, partitions.
#pragma once

#include "controller/cluster_status.h"
#include "server/metrics/metrics_page.h"

namespace quorate::server {

void AddClusterMetrics(const controller::ClusterStatus& status, MetricsPage& page);

}  // namespace quorate::server
