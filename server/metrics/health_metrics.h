// Metrics of what keeps a controller from working correctly or at all.
#pragma once

#include <cstdint>

#include "controller/admission_metrics.h"
#include "server/metrics/metrics_page.h"
#include "server/node/state_audit_metrics.h"

namespace quorate::server {

// `clock_behind_ms` says by how much the machine's clock is behind the log (log_clock.h).
void AddHealthMetrics(const controller::AdmissionMetrics& admission, const StateAuditMetrics& audit,
                      int64_t clock_behind_ms, MetricsPage& page);

}  // namespace quorate::server
