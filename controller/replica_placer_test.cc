#include "controller/replica_placer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "absl/strings/str_format.h"
#include "controller/testing/decision_fixture.h"

namespace quorate::controller {
namespace {

struct Spread {
  int64_t leaders = 0;
  int64_t replicas = 0;
};

// Largest less smallest load among brokers 1 to `brokers`.
Spread SpreadOf(const PartitionTally& tally, int brokers) {
  auto least = tally.LoadOf(BrokerId(1));
  auto most = least;
  for (int32_t id = 2; id <= brokers; ++id) {
    const auto load = tally.LoadOf(BrokerId(id));
    least = {std::min(least.leaders, load.leaders), std::min(least.replicas, load.replicas)};
    most = {std::max(most.leaders, load.leaders), std::max(most.replicas, load.replicas)};
  }
  return {most.leaders - least.leaders, most.replicas - least.replicas};
}

// Kafka's KAFKA-14437 and KAFKA-15354: topics of one partition, and of any replication factor.
TEST(ReplicaPlacerTest, EqualBrokersStayEvenWithinOneOverManyCreates) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    DecisionFixture cluster(seed);
    Rng rng(seed);
    const int brokers = 1 + static_cast<int>(rng.Below(8));
    cluster.StartBrokers(brokers);
    for (int i = 0; i < 50; ++i) {
      cluster.Create(absl::StrFormat("t%d", i), 1 + static_cast<int32_t>(rng.Below(4)),
                     1 + static_cast<int32_t>(rng.Below(static_cast<uint64_t>(brokers))));
      const Spread spread = SpreadOf(cluster.view().tally, brokers);
      ASSERT_LE(spread.leaders, 1) << "seed " << seed << ", topic " << i;
      ASSERT_LE(spread.replicas, 1) << "seed " << seed << ", topic " << i;
    }
  }
}

TEST(ReplicaPlacerTest, APartitionNeverHasABrokerTwice) {
  DecisionFixture cluster;
  cluster.StartBrokers(5);
  const auto topic = cluster.Create("t", 100, 4);
  for (int32_t i = 0; i < 100; ++i) {
    const auto replicas = topic->partition(i).replicas();
    EXPECT_EQ(std::set<int32_t>(replicas.begin(), replicas.end()).size(), 4u);
  }
}

TEST(ReplicaPlacerTest, ANewBrokerIsFilledFirst) {
  DecisionFixture cluster;
  cluster.StartBrokers(3);
  cluster.Create("old", 30, 1);
  cluster.Register(4);
  cluster.Heartbeat(4);
  const auto topic = cluster.Create("new", 10, 1);
  for (int32_t i = 0; i < 10; ++i) EXPECT_EQ(topic->partition(i).leader(), BrokerId(4));
}

TEST(ReplicaPlacerTest, ReplicasAreSpreadOverRacks) {
  DecisionFixture cluster;
  for (int32_t id = 1; id <= 6; ++id) {
    cluster.Register(id, 1, id <= 3 ? "east" : id <= 5 ? "west" : "north");
    cluster.Heartbeat(id);
  }
  const auto rack_of = [&](int32_t id) { return cluster.image().FindBroker(BrokerId(id))->rack; };
  const auto topic = cluster.Create("t", 60, 3);
  for (int32_t i = 0; i < 60; ++i) {
    std::set<std::string> racks;
    for (const int32_t id : topic->partition(i).replicas()) racks.insert(rack_of(id));
    EXPECT_EQ(racks.size(), 3u) << "partition " << i;
  }
}

TEST(ReplicaPlacerTest, AFencedBrokerTakesNoReplica) {
  DecisionFixture cluster;
  cluster.StartBrokers(3);
  cluster.Create("busy", 40, 3);
  cluster.Register(4);  // holds nothing, but is fenced
  const auto topic = cluster.Create("t", 10, 3);
  for (int32_t i = 0; i < 10; ++i) {
    EXPECT_FALSE(topic->partition(i).PositionOf(BrokerId(4)).has_value());
  }
}

TEST(ReplicaPlacerTest, FollowersOfOneLeaderVary) {
  DecisionFixture cluster;
  cluster.StartBrokers(6);
  const auto topic = cluster.Create("t", 120, 2);
  std::map<BrokerId, std::set<BrokerId>> followers;
  for (int32_t i = 0; i < 120; ++i) {
    followers[*topic->partition(i).leader()].insert(topic->partition(i).replica(1));
  }
  for (const auto& [leader, of_leader] : followers) {
    EXPECT_GE(of_leader.size(), 2u) << "all partitions of broker " << leader << " fail over to one";
  }
}

TEST(ReplicaPlacerTest, TheSameViewAndSeedPlaceTheSame) {
  DecisionFixture a(7);
  DecisionFixture b(7);
  a.StartBrokers(5);
  b.StartBrokers(5);
  const auto left = a.Create("t", 50, 3);
  const auto right = b.Create("t", 50, 3);
  EXPECT_EQ(left->id(), right->id());
  EXPECT_TRUE(*left == *right);
}

}  // namespace
}  // namespace quorate::controller
