// Brokers return, and lead their partitions again: by themselves, and when an operator asks for it.
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/harness/cluster.h"

namespace quorate::testing {
namespace {

using ::testing::HasSubstr;
using Partition = admin::v1::PartitionDescription;

bool InSync(const Partition& partition) {
  return partition.isr_size() == partition.replicas_size();
}
bool LedByTheFirst(const Partition& partition) {
  return partition.leader_id() == partition.replicas(0);
}

class LeaderTest : public ::testing::Test {
 protected:
  explicit LeaderTest(const std::string& interval_ms)
      : cluster_({.controllers = 3,
                  .brokers = 3,
                  .controller_flags = {"--leader-balance-interval-ms", interval_ms}}) {
    cluster_.Start();
    CreateTopic(client_, "orders", 6, 3);
  }

  bool AllOf(const std::function<bool(const Partition&)>& condition) {
    admin::v1::DescribeTopicsRequest request;
    request.add_topics("orders");
    const auto response = Must(client_.DescribeTopics(request));
    for (const Partition& partition : response.topics(0).partitions()) {
      if (!condition(partition)) return false;
    }
    return true;
  }
  bool WaitForAll(const std::function<bool(const Partition&)>& condition) {
    return WaitFor([&] { return AllOf(condition); });
  }

  // Kills the broker and waits until others lead.
  void Kill(int broker) {
    cluster_.broker(broker).Kill();
    ASSERT_TRUE(WaitForAll([&](const Partition& partition) {
      return partition.leader_id() > 0 && partition.leader_id() != broker;
    }));
  }

  RunResult ElectLeader(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {QuoratectlProgram(), "topics", "elect-leader",
                                         "--bootstrap", cluster_.Bootstrap()});
    return quorate::testing::Run(arguments);
  }

  Cluster cluster_;
  client::AdminClient client_ = cluster_.Client();
};

class BalanceTest : public LeaderTest {
 protected:
  BalanceTest() : LeaderTest("300") {}
};

TEST_F(BalanceTest, ABrokerThatReturnsLeadsItsPartitionsAgain) {
  Kill(1);
  cluster_.StartBroker(1);
  EXPECT_TRUE(WaitForAll(
      [](const Partition& partition) { return InSync(partition) && LedByTheFirst(partition); }));
  // Another active controller goes on.
  const int active = cluster_.AwaitActive();
  Kill(2);
  cluster_.controller(active).Kill();
  cluster_.StartBroker(2);
  EXPECT_TRUE(WaitForAll(
      [](const Partition& partition) { return InSync(partition) && LedByTheFirst(partition); }));
}

class ElectionTest : public LeaderTest {
 protected:
  ElectionTest() : LeaderTest("0") {}
};

TEST_F(ElectionTest, AnOperatorElectsThePreferredLeaders) {
  Kill(1);
  RunResult result = ElectLeader({"--all", "--type", "preferred"});
  EXPECT_EQ(result.status.code, 1);
  EXPECT_THAT(result.output, HasSubstr("0 leaders elected, 4 already valid, 2 failed."));
  EXPECT_THAT(result.errors,
              HasSubstr("PREFERRED_LEADER_NOT_AVAILABLE: broker 1, the first replica, is fenced"));

  cluster_.StartBroker(1);
  ASSERT_TRUE(WaitForAll(InSync));
  EXPECT_FALSE(AllOf(LedByTheFirst)) << "nobody has asked for it yet";
  result = ElectLeader({"orders", "--type", "preferred", "--dry-run"});
  EXPECT_EQ(result.status.code, 0);
  EXPECT_THAT(result.output, HasSubstr("2 leaders would be elected, 4 already valid, 0 failed."));
  EXPECT_FALSE(AllOf(LedByTheFirst));
  result = ElectLeader({"orders", "--type", "preferred", "--output", "json"});
  EXPECT_EQ(result.status.code, 0) << result.errors;
  const auto json = nlohmann::json::parse(result.output);
  EXPECT_EQ(json["results"].size(), 2u);
  EXPECT_EQ(json["results"][0]["leader_id"], 1);
  EXPECT_TRUE(AllOf(LedByTheFirst));
}

TEST_F(ElectionTest, AnUncleanElectionNeedsConsent) {
  admin::v1::CreateTopicsRequest request;
  auto* topic = request.add_topics();
  topic->set_name("few");
  auto* assignment = topic->add_assignments();
  for (const int broker : {1, 2}) assignment->add_broker_ids(broker);
  Must(client_.CreateTopics(request));
  const auto few = [&] {
    admin::v1::DescribeTopicsRequest describe;
    describe.add_topics("few");
    return Must(client_.DescribeTopics(describe)).topics(0).partitions(0);
  };
  // Broker 1 outlives broker 2 and alone has everything that was committed.
  Kill(2);
  cluster_.broker(1).Kill();
  ASSERT_TRUE(WaitFor([&] { return few().leader_id() == -1; }));
  cluster_.StartBroker(2);
  cluster_.AwaitUnfencedBrokers(2);
  EXPECT_EQ(few().leader_id(), -1);

  RunResult result = ElectLeader({"few", "--type", "unclean"});
  EXPECT_EQ(result.status.code, 2);
  EXPECT_THAT(result.errors, HasSubstr("add --yes to accept that"));
  EXPECT_EQ(few().leader_id(), -1);
  result = ElectLeader({"few:0", "--type", "unclean", "--yes"});
  EXPECT_EQ(result.status.code, 0) << result.errors;
  const Partition partition = few();
  EXPECT_EQ(partition.leader_id(), 2);
  EXPECT_EQ(partition.isr_size(), 1);
  EXPECT_TRUE(partition.recovering());
}

}  // namespace
}  // namespace quorate::testing
