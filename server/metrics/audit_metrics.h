// Metrics of the audit log.
#pragma once

#include "audit/audit_log.h"
#include "server/metrics/metrics_page.h"

namespace quorate::server {

void AddAuditMetrics(const audit::AuditLog& log, MetricsPage& page);

}  // namespace quorate::server
