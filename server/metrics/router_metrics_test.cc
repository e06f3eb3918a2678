#include "server/metrics/router_metrics.h"

#include <gtest/gtest.h>

#include <string>

#include "base/testing/manual_executor.h"
#include "server/metrics/feed_metrics.h"

namespace quorate::server {
namespace {

void ExpectSample(const std::string& page, const std::string& sample) {
  EXPECT_NE(page.find("\n" + sample + "\n"), std::string::npos) << sample << " is not in\n" << page;
}

TEST(RouterMetricsTest, ARouterWithoutRequests) {
  ManualClock clock;
  ManualExecutor executor(&clock);
  LeaderTracker leader;
  const RequestRouter router({.self = NodeId(1)}, &executor, &clock, &leader, nullptr);
  MetricsPage page;
  AddRouterMetrics(router, page);
  AddDecisionMetrics({.parked_requests = 3, .deferred_answers = 4}, page);
  const std::string text = page.Render();
  ExpectSample(text, "quorate_requests_unanswered 0");
  ExpectSample(text, "quorate_requests_forwarded_total 0");
  ExpectSample(text, "quorate_decisions_waiting{for=\"decision\"} 3");
  ExpectSample(text, "quorate_decisions_waiting{for=\"commit\"} 4");
}

TEST(FeedMetricsTest, EveryNumberHasItsName) {
  FeedInstruments instruments;
  instruments.started.Add(1);
  instruments.cut_off.Add(2);
  instruments.snapshots_begun.Add(3);
  instruments.resets.Add(4);
  MetricsPage page;
  AddFeedMetrics(instruments, page);
  AddFeedMetrics({.subscriptions = 5, .max_lag_offsets = 6, .unsent_bytes = 7}, page);
  const std::string text = page.Render();
  ExpectSample(text, "quorate_subscriptions_started_total 1");
  ExpectSample(text, "quorate_subscriptions_cut_off_total 2");
  ExpectSample(text, "quorate_subscription_snapshots_total 3");
  ExpectSample(text, "quorate_subscription_resets_total 4");
  ExpectSample(text, "quorate_subscriptions 5");
  ExpectSample(text, "quorate_subscription_max_lag_offsets 6");
  ExpectSample(text, "quorate_subscription_unsent_bytes 7");
}

}  // namespace
}  // namespace quorate::server
