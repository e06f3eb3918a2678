#include "server/metrics/tls_metrics.h"

#include "server/metrics/metric_table.h"

namespace quorate::server {

void AddTlsMetrics(const std::string& port, const security::TlsStore* tls, MetricsPage& page) {
  if (tls == nullptr) return;
  const auto not_after = tls->Current()->not_after.time_since_epoch();
  page.Add(kTlsExpiry, Seconds(not_after), {{"port", port}});
}

void AddRefusedCalls(const security::RefusedCalls& refused, MetricsPage& page) {
  for (const security::RefusalReason reason : security::kRefusalReasons) {
    page.Add(kTlsRefusedCalls, refused.count(reason), {{"reason", std::string(NameOf(reason))}});
  }
}

}  // namespace quorate::server
