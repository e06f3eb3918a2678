#include "controller/decide/partitions/partition_tally.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "controller/decide/configs/config_decisions.h"
#include "controller/testing/decision_fixture.h"

namespace quorate::controller {
namespace {

// Compares the tally with counts of the whole image.
void ExpectCountsOf(const metadata::MetadataImage& image, const PartitionTally& tally) {
  std::map<BrokerId, PartitionTally::Load> loads;
  PartitionTally::Counts counts;
  image.ForEachTopic([&](const metadata::TopicPtr& topic) {
    const auto own = image.Configs(metadata::ConfigResourceType::kTopic, topic->name());
    const auto defaults = image.Configs(metadata::ConfigResourceType::kBroker, "");
    size_t min_isr = 1;
    for (const auto& configs : {defaults, own}) {
      const auto config = configs.find("min.insync.replicas");
      if (config != configs.end()) min_isr = std::stoul(config->second);
    }
    for (int32_t i = 0; i < topic->partition_count(); ++i) {
      const auto partition = topic->partition(i);
      for (size_t r = 0; r < partition.replica_count(); ++r) {
        ++loads[partition.replica(r)].replicas;
        loads[partition.replica(r)].in_sync += partition.InIsr(partition.replica(r)) ? 1 : 0;
      }
      const BrokerId first = partition.replica(0);
      const bool led_by_others = partition.leader() && partition.leader() != first;
      loads[first].led_by_others += led_by_others && partition.InIsr(first) ? 1 : 0;
      if (partition.leader()) ++loads[*partition.leader()].leaders;
      counts.offline += partition.leader() ? 0 : 1;
      const size_t added = partition.ReplicasIn(partition.adding_mask()).size();
      counts.under_replicated += partition.isr_count() < partition.replica_count() - added ? 1 : 0;
      const size_t needed = std::min(min_isr, partition.replica_count());
      counts.under_min_isr += !partition.leader() || partition.isr_count() < needed ? 1 : 0;
      counts.at_min_isr += partition.leader() && partition.isr_count() == needed ? 1 : 0;
      counts.not_led_by_preferred += partition.leader() == partition.replica(0) ? 0 : 1;
    }
  });
  for (const auto& [id, broker] : image.brokers()) {
    EXPECT_EQ(tally.LoadOf(id).leaders, loads[id].leaders) << "broker " << id;
    EXPECT_EQ(tally.LoadOf(id).replicas, loads[id].replicas) << "broker " << id;
    EXPECT_EQ(tally.LoadOf(id).in_sync, loads[id].in_sync) << "broker " << id;
    EXPECT_EQ(tally.LoadOf(id).led_by_others, loads[id].led_by_others) << "broker " << id;
  }
  EXPECT_EQ(tally.counts().offline, counts.offline);
  EXPECT_EQ(tally.counts().under_replicated, counts.under_replicated);
  EXPECT_EQ(tally.counts().under_min_isr, counts.under_min_isr);
  EXPECT_EQ(tally.counts().at_min_isr, counts.at_min_isr);
  EXPECT_EQ(tally.counts().not_led_by_preferred, counts.not_led_by_preferred);
}

TEST(PartitionTallyTest, FollowsNewReplicas) {
  DecisionFixture cluster;
  cluster.StartBrokers(4);
  cluster.Create("t", {{1, 2}, {2, 1}});
  ExpectCountsOf(cluster.image(), cluster.view().tally);
  cluster.Change("t", {.isr_mask = 0b001,
                       .leader_position = 0,
                       .replicas = {BrokerId(3), BrokerId(2), BrokerId(4)},
                       .extras = metadata::PartitionExtras{.adding_mask = 0b100}});
  ExpectCountsOf(cluster.image(), cluster.view().tally);
  EXPECT_EQ(cluster.view().tally.LoadOf(BrokerId(1)).replicas, 1);
  EXPECT_EQ(cluster.view().tally.LoadOf(BrokerId(4)).replicas, 1);
  EXPECT_EQ(cluster.view().tally.LoadOf(BrokerId(3)).leaders, 1);
  EXPECT_EQ(cluster.view().tally.counts().under_replicated, 1) << "broker 2 is not in sync";
  // An added replica is not missing.
  cluster.Change("t", {.isr_mask = 0b011, .leader_position = 0});
  ExpectCountsOf(cluster.image(), cluster.view().tally);
  EXPECT_EQ(cluster.view().tally.counts().under_replicated, 0);
  // No replica is in sync.
  cluster.Change("t", {.isr_mask = 0, .extras = metadata::PartitionExtras{.elr_mask = 0b001}});
  ExpectCountsOf(cluster.image(), cluster.view().tally);
  EXPECT_EQ(cluster.view().tally.counts().offline, 1);
}

constexpr char kMinIsr[] = "min.insync.replicas";

TEST(PartitionTallyTest, FollowsMinIsr) {
  DecisionFixture cluster;
  cluster.StartBrokers(3);
  cluster.Create("t", {{1, 2, 3}, {2, 3, 1}}, {{"min.insync.replicas", "2"}});
  cluster.Create("u", {{3}});
  const auto counts = [&] { return cluster.view().tally.counts(); };
  EXPECT_EQ(counts(), (PartitionTally::Counts{.at_min_isr = 1}));  // u
  cluster.Fence({BrokerId(1)});
  EXPECT_EQ(counts(), (PartitionTally::Counts{
                          .under_replicated = 2, .at_min_isr = 3, .not_led_by_preferred = 1}));
  cluster.Fence({BrokerId(2)});
  EXPECT_EQ(
      counts(),
      (PartitionTally::Counts{
          .under_replicated = 2, .under_min_isr = 2, .at_min_isr = 1, .not_led_by_preferred = 2}));
  cluster.SetConfig("t", kMinIsr, "1");
  EXPECT_EQ(counts().under_min_isr, 0);
  EXPECT_EQ(counts().at_min_isr, 3);
  // More than the number of replicas means all of them.
  cluster.SetConfig("u", kMinIsr, "5");
  EXPECT_EQ(counts().at_min_isr, 3);
  cluster.SetConfig("t", kMinIsr, "3");
  EXPECT_EQ(counts().under_min_isr, 2);
  cluster.SetConfig("t", kMinIsr, std::nullopt);
  EXPECT_EQ(counts().under_min_isr, 0);
  // A partition without a leader cannot take writes.
  cluster.Fence({BrokerId(3)});
  EXPECT_EQ(counts().offline, 3);
  EXPECT_EQ(counts().under_min_isr, 3);
  EXPECT_EQ(counts().at_min_isr, 0);
  EXPECT_EQ(counts().not_led_by_preferred, 3);
}

TEST(PartitionTallyTest, FollowsTheDefaultOfMinIsr) {
  DecisionFixture cluster;
  cluster.UpgradeTo(3);
  cluster.StartBrokers(3);
  cluster.Create("own", {{1, 2, 3}}, {{kMinIsr, "3"}});
  cluster.Create("t", {{1, 2, 3}, {2, 3, 1}});
  cluster.Create("u", {{3, 1}});
  const auto counts = [&] { return cluster.view().tally.counts(); };
  EXPECT_EQ(counts(), (PartitionTally::Counts{.at_min_isr = 1}));  // own
  cluster.SetDefaultConfig(kMinIsr, "2");
  EXPECT_EQ(counts(), (PartitionTally::Counts{.at_min_isr = 2}));
  cluster.Fence({BrokerId(1)});
  EXPECT_EQ(counts().under_min_isr, 2);
  EXPECT_EQ(counts().at_min_isr, 2);
  cluster.SetDefaultConfig(kMinIsr, "3");
  EXPECT_EQ(counts().under_min_isr, 4);
  cluster.SetDefaultConfig(kMinIsr, std::nullopt);
  EXPECT_EQ(counts().under_min_isr, 1);
  EXPECT_EQ(counts().at_min_isr, 1);
  ExpectCountsOf(cluster.image(), cluster.view().tally);
  // A topic that gets the default.
  cluster.SetDefaultConfig(kMinIsr, "2");
  cluster.SetConfig("own", kMinIsr, std::nullopt);
  EXPECT_EQ(counts().at_min_isr, 3);
  EXPECT_EQ(counts().under_min_isr, 1);
}

TEST(PartitionTallyTest, CountsChangesOfLeadersAndIsrs) {
  DecisionFixture cluster;
  cluster.StartBrokers(3);
  cluster.Create("t", {{1, 2}, {2, 3}});
  const auto changes = [&] { return cluster.view().tally.changes(); };
  EXPECT_EQ(changes(), PartitionTally::Changes()) << "new partitions are not changes";
  cluster.Fence({BrokerId(1)});
  EXPECT_EQ(changes(), (PartitionTally::Changes{.elections = 1, .isr_shrinks = 1}));
  cluster.Fence({BrokerId(2)});
  EXPECT_EQ(changes(),
            (PartitionTally::Changes{.elections = 2, .leaders_lost = 1, .isr_shrinks = 2}));
  // Broker 1 may lack records; broker 2 is an eligible leader replica.
  PartitionTally clean = cluster.view().tally;
  cluster.Change("t", {.isr_mask = 0b01, .leader_position = 0});
  EXPECT_EQ(changes().unclean_elections, 1);
  cluster.Change("t", {.isr_mask = 0, .extras = metadata::PartitionExtras{.elr_mask = 0b11}});
  EXPECT_EQ(changes().leaders_lost, 2);
  cluster.Change("t", {.isr_mask = 0b10,
                       .leader_position = 1,
                       .extras = metadata::PartitionExtras{.elr_mask = 0b01}});
  EXPECT_EQ(changes().unclean_elections, 1);
  // What is counted later as a whole: no leader, then broker 2.
  clean.AdvanceTo(cluster.image());
  EXPECT_EQ(clean.changes().elections, 3);
}

TEST(PartitionTallyTest, FollowsATopicThatIsDeletedAndCreatedAgain) {
  DecisionFixture cluster;
  cluster.StartBrokers(3);
  cluster.Create("t", {{1, 2, 3}}, {{"min.insync.replicas", "3"}});
  PartitionTally lazy;
  lazy.AdvanceTo(cluster.image());
  EXPECT_EQ(lazy.counts().at_min_isr, 1);
  admin::v1::DeleteTopicsRequest request;
  request.add_topics()->set_name("t");
  cluster.Apply(DecideDeleteTopics(cluster.view(), request, cluster.context()));
  EXPECT_EQ(cluster.view().tally.counts(), PartitionTally::Counts());
  cluster.Create("t", {{1, 2}, {2, 1}}, {{"min.insync.replicas", "2"}});
  lazy.AdvanceTo(cluster.image());
  EXPECT_EQ(lazy.counts().at_min_isr, 2);
  ExpectCountsOf(cluster.image(), lazy);
}

TEST(PartitionTallyTest, FollowsRandomChanges) {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    DecisionFixture cluster(seed);
    cluster.UpgradeTo(3);
    cluster.StartBrokers(4);
    Rng rng(seed);
    PartitionTally lazy;  // advanced only now and then
    const auto some_min_isr = [&]() -> std::optional<std::string> {
      if (rng.Below(3) == 0) return std::nullopt;
      return std::to_string(rng.Below(3) + 1);
    };
    for (int i = 0; i < 60; ++i) {
      const auto id = static_cast<int32_t>(rng.Below(4) + 1);
      switch (rng.Below(6)) {
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
        case 3: {
          const auto topics = cluster.image().TopicsByName();
          if (topics.empty()) break;
          const std::string& name = topics[rng.Below(topics.size())]->name();
          cluster.SetConfig(name, kMinIsr, some_min_isr());
          break;
        }
        case 4:
          cluster.SetDefaultConfig(kMinIsr, some_min_isr());
          break;
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
