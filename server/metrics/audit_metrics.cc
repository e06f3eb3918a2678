#include "server/metrics/audit_metrics.h"

#include "server/metrics/metric_table.h"

namespace quorate::server {

void AddAuditMetrics(const audit::AuditLog& log, MetricsPage& page) {
  page.Add(kAuditRecords, log.written());
  page.Add(kAuditDroppedRecords, log.dropped());
}

}  // namespace quorate::server
