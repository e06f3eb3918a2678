// The network between the brokers and the active controller fails while all processes are alive.
// Another controller becomes active, and no partition changes.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "tests/harness/cluster.h"

namespace quorate::testing {
namespace {

constexpr int kBrokers = 3;

std::string Partitions(client::AdminClient& client) {
  return Must(client.DescribeTopics({})).topics(0).SerializeAsString();
}

admin::v1::DescribeClusterResponse Describe(client::AdminClient& client) {
  return Must(client.DescribeCluster({}));
}

int Unfenced(client::AdminClient& client) {
  int unfenced = 0;
  const admin::v1::DescribeClusterResponse cluster = Describe(client);
  for (const auto& broker : cluster.brokers()) unfenced += broker.fenced() ? 0 : 1;
  return unfenced;
}

void CreateFullTopic(client::AdminClient& client) {
  CreateTopic(client, "orders", 6, 3);
  ASSERT_TRUE(WaitFor([&] {
    const auto topic = Must(client.DescribeTopics({})).topics(0);
    for (const auto& partition : topic.partitions()) {
      if (partition.isr_size() != kBrokers) return false;
    }
    return true;
  }));
}

struct Fault {
  std::string name;
  void (*strike)(FaultProxy&);
};

class CutOffTest : public ::testing::TestWithParam<Fault> {};

TEST_P(CutOffTest, LeadershipGoesToAControllerThatTheBrokersReachAndNothingElseChanges) {
  Cluster cluster({.controllers = 3,
                   .brokers = kBrokers,
                   .proxied_clients = true,
                   .controller_flags = {"--broker-session-timeout-ms=6000"}});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  CreateFullTopic(client);
  const std::string before = Partitions(client);
  const int cut_off = cluster.AwaitActive();

  GetParam().strike(cluster.ClientProxy(cut_off));
  ASSERT_TRUE(WaitFor([&] { return cluster.AwaitActive() != cut_off; }))
      << "controller " << cut_off << " keeps its office: " << cluster.controller(cut_off).Log();
  EXPECT_TRUE(WaitFor([&] { return Describe(client).lost_broker_count() == 0; }));
  EXPECT_EQ(Unfenced(client), kBrokers);
  CreateTopic(client, "while-cut-off", 3, 3);
  EXPECT_EQ(Partitions(client), before);

  cluster.ClientProxy(cut_off).Forward();
  cluster.AwaitReady();
  EXPECT_EQ(Partitions(client), before);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, CutOffTest,
    ::testing::Values(
        Fault{"Refused", [](FaultProxy& proxy) { proxy.Refuse(); }},
        Fault{"Swallowed",
              [](FaultProxy& proxy) { proxy.Blackhole(FaultProxy::Direction::kBoth); }},
        Fault{"BrokersNotHeard",
              [](FaultProxy& proxy) { proxy.Blackhole(FaultProxy::Direction::kToUpstream); }},
        Fault{"AnswersNotHeard",
              [](FaultProxy& proxy) { proxy.Blackhole(FaultProxy::Direction::kToClient); }}),
    [](const auto& fault) { return fault.param.name; });

TEST(BrokersLostTest, ConnectionsThatAreResetMoveNobody) {
  Cluster cluster({.controllers = 3, .brokers = kBrokers, .proxied_clients = true});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  CreateFullTopic(client);
  const std::string before = Partitions(client);
  const int active = cluster.AwaitActive();
  for (int round = 0; round < 5; ++round) {
    cluster.ClientProxy(active).Cut();
    const auto has_contact = [&] {
      const admin::v1::DescribeClusterResponse described = Describe(client);
      for (const auto& broker : described.brokers()) {
        if (broker.fenced() || broker.last_contact_age_ms() > 500) return false;
      }
      return true;
    };
    ASSERT_TRUE(WaitFor(has_contact));
  }
  EXPECT_EQ(cluster.AwaitActive(), active);
  EXPECT_EQ(Partitions(client), before);
}

TEST(BrokersLostTest, WhereNobodyHearsThemPartitionsStayUntilTheHoldEndsAndThenAreOneBatch) {
  Cluster cluster({.controllers = 3,
                   .brokers = kBrokers,
                   .proxied_clients = true,
                   .controller_flags = {"--broker-session-timeout-ms=2000",
                                        "--broker-mass-loss-hold-ms=10000"}});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  CreateFullTopic(client);
  const std::string before = Partitions(client);
  const int active = cluster.AwaitActive();
  for (const int node : {1, 2, 3}) cluster.ClientProxy(node).Refuse();

  ASSERT_TRUE(WaitFor([&] { return Describe(client).lost_broker_count() == kBrokers; }));
  EXPECT_EQ(Partitions(client), before);
  const auto status =
      testing::Run({QuoratectlProgram(), "status", "--bootstrap", cluster.ControllerEndpoint(1)});
  EXPECT_NE(status.output.find("3 OUT OF CONTACT"), std::string::npos) << status.output;

  ASSERT_TRUE(WaitFor([&] { return Unfenced(client) == 0; }));
  EXPECT_EQ(cluster.AwaitActive(), active);
  EXPECT_NE(cluster.controller(active).Log().find("are lost to this controller"),
            std::string::npos);
  const auto offline = Must(client.DescribeTopics({})).topics(0);
  for (const auto& partition : offline.partitions()) {
    EXPECT_EQ(partition.leader_id(), -1);
    EXPECT_EQ(partition.isr_size(), kBrokers) << "they were not fenced in one batch";
  }

  for (const int node : {1, 2, 3}) cluster.ClientProxy(node).Forward();
  cluster.AwaitUnfencedBrokers(kBrokers);
  EXPECT_TRUE(WaitFor([&] { return Describe(client).offline_partition_count() == 0; }));
}

}  // namespace
}  // namespace quorate::testing
