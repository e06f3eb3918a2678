#include "server/metrics/connection_metrics.h"

#include <gmock/gmock.h>

#include "server/metrics/metric_table.h"

namespace quorate::server {
namespace {

using ::testing::HasSubstr;

TEST(ConnectionMetricsTest, SaysWhatWaitsAndWhatWasClosed) {
  ConnectionInstruments instruments;
  instruments.waiting = 7;
  instruments.opening = 3;
  instruments.closed[static_cast<size_t>(ConnectionClosed::kHttp1)].Add(2);
  MetricsPage page;
  AddConnectionMetrics("peer", instruments, page);
  const std::string text = page.Render();
  EXPECT_THAT(text, HasSubstr("quorate_connections_waiting{port=\"peer\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("quorate_connections_opening{port=\"peer\"} 3\n"));
  EXPECT_THAT(text,
              HasSubstr("quorate_connections_closed_total{port=\"peer\",reason=\"http1\"} 2\n"));
  EXPECT_THAT(text,
              HasSubstr("quorate_connections_closed_total{port=\"peer\",reason=\"timeout\"} 0\n"));
}

}  // namespace
}  // namespace quorate::server
