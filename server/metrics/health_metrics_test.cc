#include "server/metrics/health_metrics.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate::server {
namespace {

void ExpectSample(const std::string& page, const std::string& sample) {
  EXPECT_NE(page.find("\n" + sample + "\n"), std::string::npos) << sample << " is not in\n" << page;
}

TEST(HealthMetricsTest, EveryCountHasItsLabel) {
  controller::AdmissionMetrics admission;
  admission.log_full.Add(2);
  admission.disk_full.Add(3);
  admission.throttled.Add(5);
  StateAuditMetrics audit;
  audit.same.Add(4);
  audit.different.Add();
  MetricsPage page;
  AddHealthMetrics(admission, audit, 1500, page);
  const std::string text = page.Render();
  ExpectSample(text, "quorate_refused_proposals_total{reason=\"uncommitted_bytes\"} 2");
  ExpectSample(text, "quorate_refused_proposals_total{reason=\"disk_full\"} 3");
  ExpectSample(text, "quorate_refused_proposals_total{reason=\"partition_quota\"} 5");
  ExpectSample(text, "quorate_state_comparisons_total{result=\"same\"} 4");
  ExpectSample(text, "quorate_state_comparisons_total{result=\"different\"} 1");
  ExpectSample(text, "quorate_clock_behind_log_seconds 1.5");
}

}  // namespace
}  // namespace quorate::server
