// Brokers die and come back. Leaderships move, and the brokers agree with the controllers.
#include <algorithm>
#include <csignal>
#include <set>

#include "base/check.h"
#include "client/channel.h"
#include "gtest/gtest.h"
#include "quorate/broker/v1/broker_view_service.grpc.pb.h"
#include "tests/harness/cluster.h"

namespace quorate::testing {
namespace {

admin::v1::TopicDescription Describe(client::AdminClient& client, const std::string& topic) {
  admin::v1::DescribeTopicsRequest request;
  request.add_topics(topic);
  return Must(client.DescribeTopics(request)).topics(0);
}

// Returns whether every partition has a leader from its ISR, and `dead` leads no partition and is
// in no ISR.
bool MovedAwayFrom(const admin::v1::TopicDescription& topic, int dead) {
  for (const auto& partition : topic.partitions()) {
    const std::set<int> isr(partition.isr().begin(), partition.isr().end());
    if (partition.leader_id() == dead || isr.contains(dead)) return false;
    if (!isr.contains(partition.leader_id())) return false;
  }
  return true;
}

bool FullIsrs(const admin::v1::TopicDescription& topic) {
  for (const auto& partition : topic.partitions()) {
    if (partition.isr_size() != partition.replicas_size()) return false;
  }
  return true;
}

// Returns the broker's role for each partition of a topic, as the broker itself reports it, or
// nullopt if the broker does not answer.
std::optional<std::map<int, broker::v1::Role>> Roles(const Cluster& cluster, int broker,
                                                     const std::string& topic) {
  const auto stub = broker::v1::BrokerViewService::NewStub(
      client::MakeChannel(*ParseHostPort(cluster.BrokerEndpoint(broker))));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(2));
  broker::v1::ListRolesResponse response;
  if (!stub->ListRoles(&context, {}, &response).ok()) return std::nullopt;
  std::map<int, broker::v1::Role> roles;
  for (const auto& role : response.roles()) {
    if (role.topic() == topic) roles[role.partition()] = role.role();
  }
  return roles;
}

// Returns whether the broker's roles match the description for every partition.
bool PlaysItsRoles(const Cluster& cluster, int broker, const admin::v1::TopicDescription& topic) {
  const auto roles = Roles(cluster, broker, topic.name());
  if (!roles) return false;
  std::map<int, broker::v1::Role> want;
  for (const auto& partition : topic.partitions()) {
    for (const int replica : partition.replicas()) {
      if (replica != broker) continue;
      want[partition.partition()] =
          partition.leader_id() == broker ? broker::v1::ROLE_LEADER : broker::v1::ROLE_FOLLOWER;
    }
  }
  return *roles == want;
}

TEST(BrokerTest, DeathMovesLeadersAndReturnRestoresIsrs) {
  Cluster cluster({.controllers = 3, .brokers = 3});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  CreateTopic(client, "orders", 12, 3);
  ASSERT_TRUE(WaitFor([&] { return FullIsrs(Describe(client, "orders")); }));

  cluster.broker(1).Kill();
  ASSERT_TRUE(WaitFor([&] { return MovedAwayFrom(Describe(client, "orders"), 1); }));
  const auto moved = Describe(client, "orders");
  for (const int broker : {2, 3}) {
    EXPECT_TRUE(WaitFor([&] { return PlaysItsRoles(cluster, broker, moved); })) << broker;
  }

  cluster.StartBroker(1);
  cluster.AwaitUnfencedBrokers(3);
  ASSERT_TRUE(WaitFor([&] { return FullIsrs(Describe(client, "orders")); }));
  for (const int broker : {1, 2, 3}) {
    EXPECT_TRUE(WaitFor([&] { return PlaysItsRoles(cluster, broker, Describe(client, "orders")); }))
        << broker;
  }
}

TEST(BrokerTest, AddedPartitionsGetRolesBesideTheOldOnes) {
  Cluster cluster({.controllers = 3, .brokers = 3});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  CreateTopic(client, "orders", 2, 2);
  const auto before = Describe(client, "orders");
  const auto extend = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {QuoratectlProgram(), "topics", "add-partitions", "orders",
                                         "--bootstrap", cluster.Bootstrap()});
    return testing::Run(arguments);
  };
  EXPECT_EQ(extend({"--partitions=5", "--dry-run"}).output,
            "Topic orders could get 5 partitions.\n");
  EXPECT_EQ(Describe(client, "orders").partitions_size(), 2);
  EXPECT_EQ(extend({"--partitions=5"}).output, "Topic orders now has 5 partitions.\n");
  EXPECT_EQ(extend({"--partitions=7", "--assignment=3:1,2:3"}).status.code, 0);
  const RunResult refused = extend({"--partitions=7"});
  EXPECT_EQ(refused.status.code, 1);
  EXPECT_NE(refused.errors.find("INVALID_PARTITIONS: topic \"orders\" has 7 partitions"),
            std::string::npos)
      << refused.errors;

  const auto topic = Describe(client, "orders");
  ASSERT_EQ(topic.partitions_size(), 7);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(topic.partitions(i).SerializeAsString(), before.partitions(i).SerializeAsString());
  }
  EXPECT_EQ(std::vector<int>(topic.partitions(5).replicas().begin(),
                             topic.partitions(5).replicas().end()),
            std::vector<int>({3, 1}));
  for (int broker = 1; broker <= 3; ++broker) {
    EXPECT_TRUE(WaitFor([&] { return PlaysItsRoles(cluster, broker, topic); })) << broker;
  }
}

TEST(BrokerTest, TheTopicsOfADeadBrokerAreFoundAmongMany) {
  Cluster cluster({.controllers = 3, .brokers = 3});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  CreateTopic(client, "large", 25'000, 1);
  const auto create = [&](const std::string& name, std::vector<int32_t> replicas) {
    admin::v1::CreateTopicsRequest request;
    request.add_topics()->set_name(name);
    request.mutable_topics(0)->add_assignments()->mutable_broker_ids()->Add(replicas.begin(),
                                                                            replicas.end());
    Must(client.CreateTopics(request));
  };
  create("safe", {1, 2});
  create("hit", {1, 3});
  const auto find = [&](const std::string& condition) {
    return testing::Run(
        {QuoratectlProgram(), "topics", "describe", condition, "--bootstrap", cluster.Bootstrap()});
  };
  const RunResult before = find("--under-replicated");
  EXPECT_EQ(before.status.code, 0);
  EXPECT_EQ(before.output, "");
  cluster.broker(3).Kill();
  EXPECT_TRUE(WaitFor([&] {
    return find("--under-replicated").output ==
           "  Topic: hit  Partition: 0  Leader: 1  Replicas: 1,3  Isr: 1  LeaderEpoch: 0\n";
  }));
  // The partitions whose only replica is on broker 3.
  const std::string offline = find("--unavailable").output;
  EXPECT_NEAR(static_cast<double>(std::count(offline.begin(), offline.end(), '\n')), 25'000 / 3.0,
              1);
}

TEST(BrokerTest, AStoppedBrokerLeavesInGoodOrder) {
  Cluster cluster({.controllers = 3, .brokers = 3});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  CreateTopic(client, "orders", 6, 3);
  cluster.broker(2).Signal(SIGTERM);
  const auto status = cluster.broker(2).Wait(kPatience);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, 0) << cluster.broker(2).Log();
  EXPECT_TRUE(MovedAwayFrom(Describe(client, "orders"), 2)) << "it left before its leaders moved";
}

// All brokers are stopped at the same time, as when a host shuts down in an orderly way.
TEST(BrokerTest, BrokersThatStopTogetherNeedNotAllComeBack) {
  Cluster cluster({.controllers = 3, .brokers = 3});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  CreateTopic(client, "orders", 6, 3);
  ASSERT_TRUE(WaitFor([&] { return FullIsrs(Describe(client, "orders")); }));
  for (const int broker : {1, 2, 3}) cluster.broker(broker).Signal(SIGTERM);
  for (const int broker : {1, 2, 3}) {
    const auto status = cluster.broker(broker).Wait(kPatience);
    ASSERT_TRUE(status);
    EXPECT_EQ(status->code, 0) << cluster.broker(broker).Log();
  }
  EXPECT_TRUE(FullIsrs(Describe(client, "orders"))) << Describe(client, "orders").DebugString();

  for (const int broker : {1, 2}) cluster.StartBroker(broker);
  cluster.AwaitUnfencedBrokers(2);
  EXPECT_TRUE(WaitFor([&] { return MovedAwayFrom(Describe(client, "orders"), 3); }))
      << Describe(client, "orders").DebugString();
}

TEST(BrokerTest, AHungBrokerIsFencedByItsSessionTimeout) {
  Cluster cluster(
      {.controllers = 3, .brokers = 2, .controller_flags = {"--broker-session-timeout-ms=2000"}});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  CreateTopic(client, "orders", 6, 2);
  cluster.broker(1).Signal(SIGSTOP);
  EXPECT_TRUE(WaitFor([&] { return MovedAwayFrom(Describe(client, "orders"), 1); }));
  cluster.broker(1).Signal(SIGCONT);
  cluster.AwaitUnfencedBrokers(2);
  EXPECT_TRUE(WaitFor([&] { return FullIsrs(Describe(client, "orders")); }));
}

TEST(BrokerTest, WithoutControllersABrokerKeepsImageAndRolesAndSaysSo) {
  Cluster cluster({.controllers = 3, .brokers = 2});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  CreateTopic(client, "orders", 4, 2);
  const auto topic = Describe(client, "orders");
  for (const int broker : {1, 2}) {
    ASSERT_TRUE(WaitFor([&] { return PlaysItsRoles(cluster, broker, topic); }));
  }
  for (const int node : {1, 2, 3}) cluster.controller(node).Kill();

  const auto stub = broker::v1::BrokerViewService::NewStub(
      client::MakeChannel(*ParseHostPort(cluster.BrokerEndpoint(1))));
  broker::v1::DescribeBrokerResponse view;
  ASSERT_TRUE(WaitFor([&] {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(2));
    return stub->DescribeBroker(&context, {}, &view).ok() &&
           view.state() == broker::v1::DescribeBrokerResponse::NO_CONTROLLER;
  }));
  EXPECT_GT(view.last_contact_age_ms(), 0);
  EXPECT_GT(view.metadata_end_offset(), 0);
  EXPECT_TRUE(PlaysItsRoles(cluster, 1, topic)) << "the roles were not kept";

  for (const int node : {1, 2, 3}) cluster.StartController(node);
  cluster.AwaitReady();
  cluster.AwaitUnfencedBrokers(2);
  EXPECT_TRUE(WaitFor([&] { return FullIsrs(Describe(client, "orders")); }));
}

TEST(BrokerTest, AFailoverOfTheControllerFencesNobody) {
  Cluster cluster({.controllers = 3, .brokers = 3});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  CreateTopic(client, "orders", 6, 3);
  ASSERT_TRUE(WaitFor([&] { return FullIsrs(Describe(client, "orders")); }));
  const auto before = Describe(client, "orders");
  for (int round = 0; round < 3; ++round) {
    const int active = cluster.AwaitActive();
    cluster.controller(active).Kill();
    CreateTopic(client, "round-" + std::to_string(round), 1, 1);
    cluster.StartController(active);
    cluster.AwaitReady();
  }
  const auto after = Describe(client, "orders");
  EXPECT_EQ(before.SerializeAsString(), after.SerializeAsString())
      << "a partition changed although every broker was alive: " << before.DebugString()
      << after.DebugString();
}

// Returns the broker, or nullopt if it is not registered.
std::optional<admin::v1::Broker> Registered(client::AdminClient& client, int broker) {
  const admin::v1::DescribeClusterResponse cluster = Must(client.DescribeCluster({}));
  for (const admin::v1::Broker& each : cluster.brokers()) {
    if (each.broker_id() == broker) return each;
  }
  return std::nullopt;
}

admin::v1::UnregisterBrokerResponse Unregister(client::AdminClient& client, int broker,
                                               bool force) {
  admin::v1::UnregisterBrokerRequest request;
  request.set_broker_id(broker);
  request.set_force(force);
  return Must(client.UnregisterBroker(request));
}

TEST(BrokerTest, ALivingBrokerThatIsUnregisteredRegistersAgainAndADeadOneStaysAway) {
  Cluster cluster({.controllers = 3, .brokers = 3});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  CreateTopic(client, "orders", 6, 3);
  ASSERT_TRUE(WaitFor([&] { return FullIsrs(Describe(client, "orders")); }));

  EXPECT_EQ(Unregister(client, 1, /*force=*/false).error().code(), common::v1::INVALID_REQUEST);
  const int64_t epoch = Registered(client, 1).value().broker_epoch();
  const auto forced = Unregister(client, 1, /*force=*/true);
  EXPECT_FALSE(forced.has_error()) << forced.error().ShortDebugString();
  EXPECT_EQ(forced.replica_count(), 6);
  ASSERT_TRUE(WaitFor([&] {
    const auto broker = Registered(client, 1);
    return broker && broker->broker_epoch() > epoch && !broker->fenced();
  }));
  ASSERT_TRUE(WaitFor([&] { return FullIsrs(Describe(client, "orders")); }));
  EXPECT_TRUE(WaitFor([&] { return PlaysItsRoles(cluster, 1, Describe(client, "orders")); }));

  cluster.broker(2).Kill();
  ASSERT_TRUE(WaitFor([&] { return MovedAwayFrom(Describe(client, "orders"), 2); }));
  EXPECT_FALSE(Unregister(client, 2, /*force=*/false).has_error());
  EXPECT_FALSE(Registered(client, 2).has_value());
  cluster.StartBroker(2);
  cluster.AwaitUnfencedBrokers(3);
  EXPECT_TRUE(WaitFor([&] { return FullIsrs(Describe(client, "orders")); }));
}

}  // namespace
}  // namespace quorate::testing
