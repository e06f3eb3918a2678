#include "server/metrics/loop_metrics.h"

#include <optional>

#include "server/metrics/metric_table.h"

namespace quorate::server {
void AddLoopMetrics(const EventLoop& loop, MonoTime now, MetricsPage& page) {
  const MetricLabels labels = {{"loop", loop.name()}};
  const LoopMeter& meter = loop.meter();
  const std::optional<MonoTime> busy_since = meter.busy_since();
  page.Add(kLoopQueuedTasks, static_cast<double>(loop.queued()), labels);
  page.Add(kLoopWait, meter.waits(), labels);
  // The task may have begun after `now` was read.
  page.Add(kLoopBusy, busy_since && *busy_since < now ? Seconds(now - *busy_since) : 0, labels);
  page.Add(kLoopLongestTask, Seconds(meter.figures().longest), labels);
  page.Add(kLoopSlowTasks, static_cast<double>(meter.figures().over_limit), labels);
}

}  // namespace quorate::server
