// Builds the page that Prometheus reads, in its text format.
#pragma once

#include <prometheus/metric_family.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/instruments.h"
#include "server/metrics/metric.h"

namespace quorate::server {

// Returns the duration in seconds, the unit of all times on the page.
inline double Seconds(std::chrono::duration<double> duration) { return duration.count(); }

// Collects samples and renders them. Not thread-safe; each request builds its own page.
class MetricsPage {
 public:
  // Adds a sample. `metric` must be in the table, because its name is not copied. REQUIRES: the
  // type of `metric` fits the value, and `labels` has exactly the labels of the metric.
  void Add(const Metric& metric, double value, MetricLabels labels = {});
  void Add(const Metric& metric, const Counter& counter, MetricLabels labels = {});
  void Add(const Metric& metric, const Histogram& histogram, MetricLabels labels = {});

  // Returns the page: metrics by name, the samples of each in the order in which they were added.
  std::string Render() const;

 private:
  prometheus::ClientMetric& NewSample(const Metric& metric, MetricLabels labels);

  std::map<std::string_view, prometheus::MetricFamily> families_;
};

// Collects the metrics of a process and calls `done` with the page, on any thread. Thread-safe;
// does not block.
using CollectMetrics = std::function<void(absl::AnyInvocable<void(std::string page) &&> done)>;

// The Content-Type of the page.
inline constexpr char kMetricsContentType[] = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace quorate::server
