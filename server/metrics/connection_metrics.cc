#include "server/metrics/connection_metrics.h"

#include "server/metrics/metric_table.h"

namespace quorate::server {

void AddConnectionMetrics(const std::string& port, const ConnectionInstruments& instruments,
                          MetricsPage& page) {
  const auto gauge = [](const std::atomic<size_t>& count) {
    return static_cast<double>(count.load(std::memory_order_relaxed));
  };
  page.Add(kConnectionsWaiting, gauge(instruments.waiting), {{"port", port}});
  page.Add(kConnectionsOpening, gauge(instruments.opening), {{"port", port}});
  for (size_t i = 0; i < kConnectionClosedReasons; ++i) {
    page.Add(kConnectionsClosed, instruments.closed[i],
             {{"port", port}, {"reason", kConnectionClosedNames[i]}});
  }
}

}  // namespace quorate::server
