#include "server/metrics/router_metrics.h"

#include "server/metrics/metric_table.h"

namespace quorate::server {

void AddRouterMetrics(const RequestRouter& router, MetricsPage& page) {
  const RouterInstruments& instruments = router.instruments();
  page.Add(kRequestsUnanswered, static_cast<double>(router.unanswered()));
  page.Add(kRequestsParked, static_cast<double>(router.parked()));
  page.Add(kRequestsParkedTotal, instruments.parked);
  page.Add(kRequestsForwarded, instruments.forwarded);
  page.Add(kRequestsReceived, instruments.received);
  page.Add(kRequestsRepeated, instruments.repeated);
  page.Add(kRequestsRefused, instruments.refused);
}

void AddDecisionMetrics(const controller::ClusterStatus::Active& active, MetricsPage& page) {
  page.Add(kDecisionsWaiting, static_cast<double>(active.parked_requests), {{"for", "decision"}});
  page.Add(kDecisionsWaiting, static_cast<double>(active.deferred_answers), {{"for", "commit"}});
}

}  // namespace quorate::server
