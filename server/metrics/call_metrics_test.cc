#include "server/metrics/call_metrics.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace quorate::server {
namespace {

using std::chrono::milliseconds;

void ExpectSample(const std::string& page, const std::string& sample) {
  EXPECT_NE(page.find("\n" + sample + "\n"), std::string::npos) << sample << " is not in\n" << page;
}

TEST(CallMetricsTest, CodesThatOccurredAreListed) {
  CallInstruments instruments;
  instruments.Ended(0, milliseconds(2));
  instruments.Ended(8, milliseconds(40));
  instruments.Ended(99, milliseconds(1));
  instruments.Ended(-1, milliseconds(1));
  MetricsPage page;
  AddCallMetrics("/a.B/C", instruments, page);
  const std::string text = page.Render();
  ExpectSample(text, "quorate_calls_total{method=\"a.B/C\",code=\"OK\"} 1");
  ExpectSample(text, "quorate_calls_total{method=\"a.B/C\",code=\"RESOURCE_EXHAUSTED\"} 1");
  ExpectSample(text, "quorate_calls_total{method=\"a.B/C\",code=\"UNKNOWN\"} 2");
  EXPECT_EQ(text.find("UNAVAILABLE"), std::string::npos);
  ExpectSample(text, "quorate_call_seconds_count{method=\"a.B/C\"} 4");
  ExpectSample(text, "quorate_call_seconds_bucket{method=\"a.B/C\",le=\"0.0025\"} 3");
}

TEST(CallMetricsTest, AMethodWithoutCallsIsListed) {
  MetricsPage page;
  AddCallMetrics("/a.B/C", CallInstruments(), page);
  ExpectSample(page.Render(), "quorate_calls_total{method=\"a.B/C\",code=\"OK\"} 0");
}

TEST(CallMetricsTest, StreamsAndBudgets) {
  Budget budget({.max_count = 1, .max_bytes = 100});
  const Budget::Hold hold = budget.TryTake(60);
  EXPECT_FALSE(budget.TryTake(1));
  Counter started;
  started.Add(2);
  MetricsPage page;
  AddStreamMetrics("/a.B/S", started, page);
  AddBudgetMetrics("writes", budget, page);
  const std::string text = page.Render();
  ExpectSample(text, "quorate_streams_started_total{method=\"a.B/S\"} 2");
  ExpectSample(text, "quorate_budget_items{budget=\"writes\"} 1");
  ExpectSample(text, "quorate_budget_items_limit{budget=\"writes\"} 1");
  ExpectSample(text, "quorate_budget_bytes{budget=\"writes\"} 60");
  ExpectSample(text, "quorate_budget_limit_bytes{budget=\"writes\"} 100");
  ExpectSample(text, "quorate_budget_refused_total{budget=\"writes\"} 1");
}

}  // namespace
}  // namespace quorate::server
