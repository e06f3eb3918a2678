// Metrics of the requests for the active controller.
#pragma once

#include "controller/cluster_status.h"
#include "server/metrics/metrics_page.h"
#include "server/node/request_router.h"

namespace quorate::server {

void AddRouterMetrics(const RequestRouter& router, MetricsPage& page);
// Only for the active controller.
void AddDecisionMetrics(const controller::ClusterStatus::Active& active, MetricsPage& page);

}  // namespace quorate::server
