#include "server/metrics/metrics_page.h"

#include <prometheus/text_serializer.h>

#include <limits>
#include <utility>

#include "absl/strings/str_join.h"
#include "base/check.h"

namespace quorate::server {
namespace {

prometheus::MetricType TypeOf(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return prometheus::MetricType::Counter;
    case MetricType::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricType::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  LOG(FATAL) << "no such type";
}

}  // namespace

void MetricsPage::Add(const Metric& metric, double value, MetricLabels labels) {
  CHECK(metric.type != MetricType::kHistogram) << metric.name;
  prometheus::ClientMetric& sample = NewSample(metric, std::move(labels));
  if (metric.type == MetricType::kCounter) {
    sample.counter.value = value;
  } else {
    sample.gauge.value = value;
  }
}

void MetricsPage::Add(const Metric& metric, const Counter& counter, MetricLabels labels) {
  CHECK(metric.type == MetricType::kCounter) << metric.name;
  NewSample(metric, std::move(labels)).counter.value = static_cast<double>(counter.value());
}

void MetricsPage::Add(const Metric& metric, const Histogram& histogram, MetricLabels labels) {
  CHECK(metric.type == MetricType::kHistogram) << metric.name;
  prometheus::ClientMetric::Histogram& sample = NewSample(metric, std::move(labels)).histogram;
  const auto counts = histogram.counts();
  uint64_t cumulative = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    cumulative += counts[i];
    const double bound = i < histogram.bounds().size() ? histogram.bounds()[i]
                                                       : std::numeric_limits<double>::infinity();
    sample.bucket.push_back({.cumulative_count = cumulative, .upper_bound = bound});
  }
  sample.sample_count = cumulative;
  sample.sample_sum = histogram.sum();
}

prometheus::ClientMetric& MetricsPage::NewSample(const Metric& metric, MetricLabels labels) {
  CHECK_EQ(
      metric.labels,
      absl::StrJoin(labels, ",", [](std::string* out, const auto& label) { *out += label.first; }))
      << metric.name;
  prometheus::MetricFamily& family = families_[metric.name];
  if (family.name.empty()) {
    family.name = metric.name;
    family.help = metric.help;
    family.type = TypeOf(metric.type);
  }
  prometheus::ClientMetric& sample = family.metric.emplace_back();
  for (auto& [name, value] : labels) {
    sample.label.push_back({.name = std::move(name), .value = std::move(value)});
  }
  return sample;
}

std::string MetricsPage::Render() const {
  std::vector<prometheus::MetricFamily> families;
  families.reserve(families_.size());
  for (const auto& [name, family] : families_) families.push_back(family);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace quorate::server
