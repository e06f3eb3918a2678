#include "controller/decide/partitions/partition_tally.h"

#include <gtest/gtest.h>

#include "controller/testing/decision_fixture.h"

namespace quorate::controller {
namespace {

// Compares the tally with counts of the whole image.
void ExpectCountsOf(const metadata::MetadataImage& image, const PartitionTally& tally) {
  std::map<BrokerId, PartitionTally::Load> loads;
  int64_t offline = 0;
  int64_t under_replicated = 0;
  image.ForEachTopic([&](const metadata::TopicPtr& topic) {
    for (int32_t i = 0; i < topic->partition_count(); ++i) {
      const auto partition = topic->partition(i);
      for (size_t r = 0; r < partition.replica_count(); ++r) {
        ++loads[partition.replica(r)].replicas;
      }
      if (partition.leader()) ++loads[*partition.leader()].leaders;
      offline += partition.leader() ? 0 : 1;
      under_replicated += partition.isr_count() < partition.replica_count() ? 1 : 0;
    }
  });
  for (const auto& [id, broker] : image.brokers()) {
    EXPECT_EQ(tally.LoadOf(id).leaders, loads[id].leaders) << "broker " << id;
    EXPECT_EQ(tally.LoadOf(id).replicas, loads[id].replicas) << "broker " << id;
  }
  EXPECT_EQ(tally.counts().offline, offline);
  EXPECT_EQ(tally.counts().under_replicated, under_replicated);
}

TEST(PartitionTallyTest, FollowsNewReplicas) {
  DecisionFixture cluster;
  cluster.StartBrokers(4);
  cluster.Create("t", {{1, 2}, {2, 1}});
  ExpectCountsOf(cluster.image(), cluster.view().tally);
  cluster.Change("t", {.isr_mask = 0b001,
                       .leader_position = 0,
                       .replicas = {BrokerId(3), BrokerId(2), BrokerId(4)},
                       .extras = metadata::PartitionExtras{.adding_mask = 0b101}});
  ExpectCountsOf(cluster.image(), cluster.view().tally);
  EXPECT_EQ(cluster.view().tally.LoadOf(BrokerId(1)).replicas, 1);
  EXPECT_EQ(cluster.view().tally.LoadOf(BrokerId(4)).replicas, 1);
  EXPECT_EQ(cluster.view().tally.LoadOf(BrokerId(3)).leaders, 1);
  EXPECT_EQ(cluster.view().tally.counts().under_replicated, 1);
  // No replica is in sync.
  cluster.Change("t", {.isr_mask = 0, .extras = metadata::PartitionExtras{.elr_mask = 0b001}});
  ExpectCountsOf(cluster.image(), cluster.view().tally);
  EXPECT_EQ(cluster.view().tally.counts().offline, 1);
}

TEST(PartitionTallyTest, FollowsRandomChanges) {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    DecisionFixture cluster(seed);
    cluster.StartBrokers(4);
    Rng rng(seed);
    PartitionTally lazy;  // advanced only now and then
    for (int i = 0; i < 60; ++i) {
      const auto id = static_cast<int32_t>(rng.Below(4) + 1);
      switch (rng.Below(4)) {
        case 0:
          cluster.Create(absl::StrFormat("t%d", i), static_cast<int32_t>(rng.Below(200) + 1), 2);
          break;
        case 1:
          cluster.Fence({BrokerId(id)});
          break;
        case 2: {
          admin::v1::DeleteTopicsRequest request;
          const auto topics = cluster.image().TopicsByName();
          if (topics.empty()) break;
          request.add_topics()->set_name(topics[rng.Below(topics.size())]->name());
          cluster.Apply(DecideDeleteTopics(cluster.view(), request, cluster.context()));
          break;
        }
        default:
          for (int32_t all = 1; all <= 4; ++all) cluster.Heartbeat(all);
      }
      // Some brokers must be active for the next topic.
      cluster.Heartbeat(1);
      cluster.Heartbeat(2);
      ExpectCountsOf(cluster.image(), cluster.view().tally);
      if (rng.Below(5) == 0) {
        lazy.AdvanceTo(cluster.image());
        ExpectCountsOf(cluster.image(), lazy);
      }
    }
  }
}

}  // namespace
}  // namespace quorate::controller
