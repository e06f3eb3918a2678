// Metrics of the subscriptions to the log.
#pragma once

#include "server/feed/feed_instruments.h"
#include "server/metrics/metrics_page.h"

namespace quorate::server {

void AddFeedMetrics(const FeedInstruments& instruments, MetricsPage& page);
void AddFeedMetrics(const FeedStatus& status, MetricsPage& page);

}  // namespace quorate::server
