// The pages that controllers and brokers serve to monitoring, while controllers and brokers die.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_format.h"
#include "server/metrics/metric_table.h"
#include "tests/harness/cluster.h"
#include "tests/harness/http.h"

namespace quorate::testing {
namespace {

// Three controllers and three brokers with metrics listeners. TLS has metrics too.
class MetricsTest : public ::testing::Test {
 protected:
  MetricsTest() {
    for (int node = 1; node <= 3; ++node) StartController(node);
    for (int node = 1; node <= 3; ++node) StartBroker(node);
    cluster_.AwaitReady();
    cluster_.AwaitUnfencedBrokers(3);
  }

  void StartController(int node) { cluster_.StartController(node, Flags("controller", node)); }
  void StartBroker(int node) { cluster_.StartBroker(node, Flags("broker", node)); }

  uint16_t Port(const std::string& kind, int node) {
    uint16_t port = 0;
    EXPECT_TRUE(WaitFor([&] {
      std::ifstream file(ReadyFile(kind, node));
      std::string line;
      while (std::getline(file, line)) {
        if (line.starts_with("metrics_port=")) {
          port = static_cast<uint16_t>(std::stoi(line.substr(line.find('=') + 1)));
        }
      }
      return port != 0;
    }));
    return port;
  }

  std::map<std::string, double> Metrics(const std::string& kind, int node) {
    const auto answer = HttpGet(Port(kind, node), "/metrics");
    return answer && answer->status == 200 ? ParseMetrics(answer->body)
                                           : std::map<std::string, double>{};
  }
  double Metric(int controller, const std::string& sample) {
    const auto metrics = Metrics("controller", controller);
    const auto it = metrics.find(sample);
    return it == metrics.end() ? -1 : it->second;
  }
  int Status(const std::string& kind, int node, const std::string& path) {
    const auto answer = HttpGet(Port(kind, node), path);
    return answer ? answer->status : 0;
  }

  Cluster cluster_{{.brokers = 3, .tls = true, .controller_flags = {"--snapshot-min-log-bytes=1"}}};

 private:
  std::string ReadyFile(const std::string& kind, int node) const {
    return absl::StrFormat("%s/%s-%d.ready", cluster_.directory(), kind, node);
  }
  std::vector<std::string> Flags(const std::string& kind, int node) const {
    return {"--metrics-listen=127.0.0.1:0", "--ready-file=" + ReadyFile(kind, node)};
  }
};

TEST_F(MetricsTest, ControllersAgreeOnTheCluster) {
  client::AdminClient client = cluster_.Client();
  CreateTopic(client, "orders", 6, 3);
  const int active = cluster_.AwaitActive();
  for (int node = 1; node <= 3; ++node) {
    SCOPED_TRACE(node);
    EXPECT_EQ(Metric(node, "quorate_active_controller"), node == active ? 1 : 0);
    EXPECT_EQ(Metric(node, "quorate_raft_leader_id"), active);
    EXPECT_EQ(Metric(node, "quorate_raft_voters"), 3);
    EXPECT_TRUE(WaitFor([&] { return Metric(node, "quorate_partitions") == 6; }));
    EXPECT_EQ(Metric(node, "quorate_topics"), 1);
    EXPECT_EQ(Metric(node, "quorate_brokers{state=\"active\"}"), 3);
    EXPECT_EQ(Metric(node, "quorate_partitions_offline"), 0);
    EXPECT_EQ(Metric(node, "quorate_metrics_complete"), 1);
    EXPECT_TRUE(WaitFor([&] {
      return Metric(node, "quorate_budget_items{budget=\"heartbeat_streams\"}") ==
             (node == active ? 3 : 0);
    }));
  }
}

TEST_F(MetricsTest, AFailoverAndADeadBrokerShow) {
  client::AdminClient client = cluster_.Client();
  CreateTopic(client, "orders", 6, 3);
  const int old = cluster_.AwaitActive();
  const double epoch = Metric(old, "quorate_raft_epoch");
  cluster_.controller(old).Kill();
  // The survivors may not have noticed the death yet.
  int active = old;
  ASSERT_TRUE(WaitFor([&] {
    active = cluster_.AwaitActive();
    return active != old;
  }));
  EXPECT_TRUE(WaitFor([&] { return Metric(active, "quorate_active_controller") == 1; }));
  EXPECT_GT(Metric(active, "quorate_raft_epoch"), epoch);
  EXPECT_GE(Metric(active, "quorate_raft_won_election_seconds_count"), 1);
  EXPECT_GE(Metric(active, "quorate_raft_commit_seconds_count"), 1);
  EXPECT_TRUE(WaitFor([&] {
    return Metric(active, absl::StrFormat(
                              "quorate_raft_peer_in_session{peer=\"%d\",kind=\"voter\"}", old)) ==
           0;
  }));
  cluster_.broker(2).Kill();
  for (const int node : cluster_.Others(old)) {
    SCOPED_TRACE(node);
    EXPECT_TRUE(WaitFor([&] { return Metric(node, "quorate_partitions_under_replicated") == 6; }));
    EXPECT_EQ(Metric(node, "quorate_brokers{state=\"fenced\"}"), 1);
  }
  EXPECT_GE(Metric(active, "quorate_broker_fences_total{cause=\"proved_dead\"}"), 1);
  EXPECT_GE(Metric(active, "quorate_isr_shrinks_total"), 6);
  EXPECT_GT(Metric(active, "quorate_partition_elections_total{cause=\"fence\"}"), 0);
  EXPECT_TRUE(WaitFor(
      [&] { return Metric(active, "quorate_broker_sessions{state=\"in_contact\"}") == 2; }));
  const auto broker = Metrics("broker", 1);
  EXPECT_EQ(broker.at("quorate_broker_state{state=\"running\"}"), 1);
  EXPECT_GE(broker.at("quorate_broker_heartbeat_streams_total"), 2) << "one for each controller";
  EXPECT_TRUE(WaitFor([&] {
    const auto now = Metrics("broker", 1);
    return now.at("quorate_broker_led_partitions") + now.at("quorate_broker_followed_partitions") ==
           6;
  }));
}

// Every metric of the table is served, so that none is only described.
TEST_F(MetricsTest, TheTableIsComplete) {
  // Without a snapshot there is no age of the snapshot.
  EXPECT_TRUE(WaitFor([&] { return Metric(1, "quorate_snapshot_end_offset") > 0; }));
  std::set<std::string> served;
  for (const std::string kind : {"controller", "broker"}) {
    for (int node = 1; node <= 3; ++node) {
      for (const auto& [sample, value] : Metrics(kind, node)) {
        std::string name = sample.substr(0, sample.find('{'));
        for (const std::string suffix : {"_bucket", "_count", "_sum"}) {
          if (name.ends_with(suffix)) name.resize(name.size() - suffix.size());
        }
        served.insert(name);
      }
    }
  }
  for (const server::MetricSection& section : server::kMetricSections) {
    for (const server::Metric* metric : section.metrics) {
      EXPECT_TRUE(served.contains(std::string(metric->name))) << metric->name;
    }
  }
}

TEST_F(MetricsTest, HealthPages) {
  for (const std::string kind : {"controller", "broker"}) {
    EXPECT_EQ(Status(kind, 1, "/healthz"), 200) << kind;
    EXPECT_TRUE(WaitFor([&] { return Status(kind, 1, "/readyz") == 200; })) << kind;
    EXPECT_EQ(Status(kind, 1, "/"), 404) << kind;
  }
  // Without a quorum, the last controller is alive but not ready.
  cluster_.controller(2).Kill();
  cluster_.controller(3).Kill();
  EXPECT_TRUE(WaitFor([&] { return Status("controller", 1, "/readyz") == 503; }));
  EXPECT_EQ(Status("controller", 1, "/healthz"), 200);
}

}  // namespace
}  // namespace quorate::testing
