#include "server/metrics/metrics_page.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>
#include <vector>

#include "server/metrics/metric_table.h"

namespace quorate::server {
namespace {

constexpr Metric kRequests = {.name = "test_requests_total",
                              .type = MetricType::kCounter,
                              .help = "Requests.",
                              .labels = "method,code"};
constexpr Metric kDepth = {.name = "test_depth", .type = MetricType::kGauge, .help = "The depth."};
constexpr Metric kLatency = {
    .name = "test_latency_seconds", .type = MetricType::kHistogram, .help = "Latency."};

TEST(MetricsPageTest, RendersPrometheusText) {
  MetricsPage page;
  page.Add(kRequests, 3, {{"method", "Create\"Topics\""}, {"code", "OK"}});
  page.Add(kDepth, 2.5);
  page.Add(kRequests, 4, {{"method", "Delete"}, {"code", "OK"}});
  EXPECT_EQ(page.Render(),
            "# HELP test_depth The depth.\n"
            "# TYPE test_depth gauge\n"
            "test_depth 2.5\n"
            "# HELP test_requests_total Requests.\n"
            "# TYPE test_requests_total counter\n"
            "test_requests_total{method=\"Create\\\"Topics\\\"\",code=\"OK\"} 3\n"
            "test_requests_total{method=\"Delete\",code=\"OK\"} 4\n");
}

TEST(MetricsPageTest, RendersAHistogramWithCumulativeBuckets) {
  Histogram histogram(Histogram::kCounts);
  for (const double value : {1.0, 2.0, 2.0, 1e9}) histogram.Observe(value);
  MetricsPage page;
  page.Add(kLatency, histogram);
  const std::string text = page.Render();
  for (const std::string line :
       {"# TYPE test_latency_seconds histogram\n", "test_latency_seconds_count 4\n",
        "test_latency_seconds_sum 1000000005\n", "test_latency_seconds_bucket{le=\"1\"} 1\n",
        "test_latency_seconds_bucket{le=\"2\"} 3\n",
        "test_latency_seconds_bucket{le=\"32768\"} 3\n",
        "test_latency_seconds_bucket{le=\"+Inf\"} 4\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "is not in\n" << text;
  }
}

TEST(MetricsPageTest, ReadsACounter) {
  Counter counter;
  counter.Add(7);
  MetricsPage page;
  page.Add(kRequests, counter, {{"method", "m"}, {"code", "c"}});
  EXPECT_NE(page.Render().find("} 7\n"), std::string::npos);
}

TEST(MetricTableTest, NamesFollowPrometheusConventions) {
  const std::regex name_pattern("[a-z][a-z0-9_]*");
  std::set<std::string_view> names;
  std::vector<const Metric*> metrics;
  for (const MetricSection& section : kMetricSections) {
    metrics.insert(metrics.end(), section.metrics.begin(), section.metrics.end());
  }
  for (const Metric* metric : metrics) {
    const std::string name(metric->name);
    EXPECT_TRUE(names.insert(metric->name).second) << name << " occurs twice";
    EXPECT_TRUE(std::regex_match(name, name_pattern)) << name;
    EXPECT_EQ(metric->type == MetricType::kCounter, name.ends_with("_total")) << name;
    for (const char* wrong : {"_ms", "_millis", "_kb", "_mb", "_percent"}) {
      EXPECT_FALSE(name.ends_with(wrong)) << name;
    }
    if (metric->type == MetricType::kHistogram) {
      EXPECT_TRUE(name.ends_with("_seconds") || name.ends_with("_bytes") ||
                  name.ends_with("_entries"))
          << name;
    }
    EXPECT_TRUE(metric->help.ends_with(".")) << name;
    // prometheus-cpp does not escape them.
    EXPECT_EQ(metric->help.find_first_of("\n\\"), std::string_view::npos) << name;
    EXPECT_TRUE(name.starts_with("quorate_") || name.starts_with("process_")) << name;
  }
}

}  // namespace
}  // namespace quorate::server
