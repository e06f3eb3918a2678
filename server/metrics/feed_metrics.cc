#include "server/metrics/feed_metrics.h"

#include "server/metrics/metric_table.h"

namespace quorate::server {

void AddFeedMetrics(const FeedInstruments& instruments, MetricsPage& page) {
  page.Add(kSubscriptionsStarted, instruments.started);
  page.Add(kSubscriptionsCutOff, instruments.cut_off);
  page.Add(kSubscriptionSnapshots, instruments.snapshots_begun);
  page.Add(kSubscriptionResets, instruments.resets);
}

void AddFeedMetrics(const FeedStatus& status, MetricsPage& page) {
  page.Add(kSubscriptionCount, static_cast<double>(status.subscriptions));
  page.Add(kSubscriptionLag, static_cast<double>(status.max_lag_offsets));
  page.Add(kSubscriptionUnsent, static_cast<double>(status.unsent_bytes));
}

}  // namespace quorate::server
