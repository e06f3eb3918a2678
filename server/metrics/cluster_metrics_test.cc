#include "server/metrics/cluster_metrics.h"

#include <gtest/gtest.h>

#include <string>

#include "controller/testing/decision_fixture.h"

namespace quorate::server {
namespace {

std::string Render(controller::DecisionFixture& cluster) {
  MetricsPage page;
  AddClusterMetrics({.image = cluster.image(), .partitions = cluster.view().tally.counts()}, page);
  return page.Render();
}

void ExpectSample(const std::string& page, const std::string& sample) {
  EXPECT_NE(page.find("\n" + sample + "\n"), std::string::npos) << sample << " is not in\n" << page;
}

TEST(ClusterMetricsTest, CountsBrokersAndPartitions) {
  controller::DecisionFixture cluster;
  cluster.StartBrokers(3);
  cluster.Register(4);
  cluster.Create("alone", {{1}, {1}});
  cluster.Create("shared", {{1, 2, 3}, {2, 3, 1}, {3, 1, 2}});
  cluster.Fence({BrokerId(1)});
  const std::string page = Render(cluster);
  ExpectSample(page, "quorate_brokers{state=\"active\"} 2");
  ExpectSample(page, "quorate_brokers{state=\"fenced\"} 2");
  ExpectSample(page, "quorate_brokers{state=\"shutting_down\"} 0");
  ExpectSample(page, "quorate_topics 2");
  ExpectSample(page, "quorate_partitions 5");
  ExpectSample(page, "quorate_partitions_offline 2");
  ExpectSample(page, "quorate_partitions_under_replicated 3");
  ExpectSample(page, "quorate_partitions_under_min_isr 2");
  ExpectSample(page, "quorate_partitions_at_min_isr 0");
  ExpectSample(page, "quorate_partitions_not_led_by_preferred 3");
  ExpectSample(page, "quorate_remembered_requests 0");
  ExpectSample(page, "quorate_metadata_version 1");
  ExpectSample(page,
               "quorate_applied_offset " + std::to_string(cluster.image().end_offset().value()));
}

TEST(ClusterMetricsTest, AnEmptyClusterHasNothing) {
  controller::DecisionFixture cluster;
  const std::string page = Render(cluster);
  ExpectSample(page, "quorate_brokers{state=\"active\"} 0");
  ExpectSample(page, "quorate_partitions 0");
}

}  // namespace
}  // namespace quorate::server
