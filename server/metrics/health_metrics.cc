#include "server/metrics/health_metrics.h"

#include "server/metrics/metric_table.h"

namespace quorate::server {

void AddHealthMetrics(const controller::AdmissionMetrics& admission, const StateAuditMetrics& audit,
                      int64_t clock_behind_ms, MetricsPage& page) {
  page.Add(kRefusedProposals, admission.log_full, {{"reason", "uncommitted_bytes"}});
  page.Add(kRefusedProposals, admission.disk_full, {{"reason", "disk_full"}});
  page.Add(kRefusedProposals, admission.throttled, {{"reason", "partition_quota"}});
  page.Add(kStateComparisons, audit.same, {{"result", "same"}});
  page.Add(kStateComparisons, audit.different, {{"result", "different"}});
  page.Add(kClockBehind, static_cast<double>(clock_behind_ms) / 1000);
}

}  // namespace quorate::server
