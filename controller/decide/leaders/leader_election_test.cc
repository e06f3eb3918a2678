#include "controller/decide/leaders/leader_election.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "controller/testing/decision_fixture.h"

namespace quorate::controller {
namespace {

class LeaderElectionTest : public ::testing::Test {
 protected:
  LeaderElectionTest() { cluster_.StartBrokers(3); }

  std::string Partition(const std::string& topic, int32_t index = 0) {
    return ToText(cluster_.image().FindTopicByName(topic)->partition(index));
  }

  DecisionFixture cluster_;
};

TEST_F(LeaderElectionTest, TheFirstOfTheIsrInOrderOfPreferenceTakesOver) {
  cluster_.Create("t", {{1, 3, 2}});
  cluster_.Fence({BrokerId(1)});
  EXPECT_EQ(Partition("t"), "leader 3, isr 3,2 of 1,3,2, epochs 1/1");
}

TEST_F(LeaderElectionTest, AFencedFollowerMovesOnlyThePartitionEpoch) {
  cluster_.Create("t", {{1, 3, 2}});
  cluster_.Fence({BrokerId(3)});
  EXPECT_EQ(Partition("t"), "leader 1, isr 1,2 of 1,3,2, epochs 0/1");
}

TEST_F(LeaderElectionTest, OutsideTheIsrNobodyIsElected) {
  cluster_.Create("t", {{1, 2}});
  cluster_.Fence({BrokerId(2)});
  cluster_.Heartbeat(2);  // unfenced, but not in sync again
  cluster_.Fence({BrokerId(1)});
  EXPECT_EQ(Partition("t"), "no leader, isr 1 of 1,2, epochs 1/2");
}

TEST_F(LeaderElectionTest, TheLastOfTheIsrStaysInItWithoutLeading) {
  cluster_.Create("t", {{1}});
  cluster_.Fence({BrokerId(1)});
  EXPECT_EQ(Partition("t"), "no leader, isr 1 of 1, epochs 1/1");
}

TEST_F(LeaderElectionTest, TheLastOfTheIsrLeadsAgainWhenItIsBack) {
  cluster_.Create("t", {{1, 2}});
  cluster_.Fence({BrokerId(2)});
  cluster_.Fence({BrokerId(1)});
  cluster_.Heartbeat(2);
  EXPECT_EQ(Partition("t"), "no leader, isr 1 of 1,2, epochs 1/2");
  cluster_.Heartbeat(1);
  EXPECT_EQ(Partition("t"), "leader 1, isr 1 of 1,2, epochs 2/3");
}

TEST_F(LeaderElectionTest, BrokersThatDieTogetherAllStayInTheLastIsr) {
  cluster_.Create("t", {{1, 2}});
  cluster_.Fence({BrokerId(1), BrokerId(2)});
  EXPECT_EQ(Partition("t"), "no leader, isr 1,2 of 1,2, epochs 1/1");
  cluster_.Heartbeat(2);
  EXPECT_EQ(Partition("t"), "leader 2, isr 2 of 1,2, epochs 2/2");
}

TEST_F(LeaderElectionTest, BrokersThatDieTogetherDoNotInheritFromEachOther) {
  cluster_.Create("t", {{1, 2, 3}});
  cluster_.Fence({BrokerId(1), BrokerId(2)});
  EXPECT_EQ(Partition("t"), "leader 3, isr 3 of 1,2,3, epochs 1/1");
}

TEST_F(LeaderElectionTest, AReturnMovesNoLeaderThatIsUp) {
  cluster_.Create("t", {{1, 2}});
  cluster_.Fence({BrokerId(1)});
  cluster_.Heartbeat(1);
  EXPECT_EQ(Partition("t"), "leader 2, isr 2 of 1,2, epochs 1/1");
}

TEST_F(LeaderElectionTest, UncleanElectionTakesAnyActiveReplicaWhereTheTopicAllowsIt) {
  cluster_.Create("t", {{1, 2, 3}}, {{"unclean.leader.election.enable", "true"}});
  cluster_.Fence({BrokerId(2)});
  cluster_.Fence({BrokerId(3)});
  cluster_.Heartbeat(3);
  EXPECT_EQ(Partition("t"), "leader 1, isr 1 of 1,2,3, epochs 0/2");
  cluster_.Fence({BrokerId(1)});
  EXPECT_EQ(Partition("t"), "leader 3, isr 3 of 1,2,3, epochs 1/3");
}

TEST_F(LeaderElectionTest, UncleanElectionAlsoHappensWhenAReplicaReturns) {
  cluster_.Create("t", {{1, 2}}, {{"unclean.leader.election.enable", "true"}});
  cluster_.Fence({BrokerId(2)});
  cluster_.Fence({BrokerId(1)});
  EXPECT_EQ(Partition("t"), "no leader, isr 1 of 1,2, epochs 1/2");
  cluster_.Heartbeat(2);
  EXPECT_EQ(Partition("t"), "leader 2, isr 2 of 1,2, epochs 2/3");
}

TEST_F(LeaderElectionTest, AnEmptyIsrStaysEmptyWithoutUncleanElection) {
  cluster_.Create("t", {{1, 2, 3}});
  cluster_.Change("t", {.isr_mask = 0, .extras = metadata::PartitionExtras{.elr_mask = 0b010}});
  const std::string before = Partition("t");
  EXPECT_EQ(before, "no leader of 1,2,3, epochs 1/1, eligible 2");
  for (const int32_t id : {1, 2, 3}) {
    cluster_.Fence({BrokerId(id)});
    cluster_.Heartbeat(id);
    EXPECT_EQ(Partition("t"), before);
  }
}

TEST_F(LeaderElectionTest, AnUncleanElectionEndsTheElrAndIsMarked) {
  cluster_.Create("t", {{1, 2, 3}}, {{"unclean.leader.election.enable", "true"}});
  cluster_.Change("t", {.isr_mask = 0, .extras = metadata::PartitionExtras{.elr_mask = 0b011}});
  cluster_.Fence({BrokerId(1)});
  EXPECT_EQ(Partition("t"), "leader 2, isr 2 of 1,2,3, epochs 2/2, recovering");
  EXPECT_EQ(cluster_.image().FindTopicByName("t")->partition(0).elr_mask(), 0u);
}

TEST_F(LeaderElectionTest, ASettlementLeavesOtherExtrasAlone) {
  cluster_.Create("t", {{1, 2, 3}});
  const metadata::PartitionExtras extras{
      .adding_mask = 0b001, .removing_mask = 0b010, .last_known_leader_position = 1};
  cluster_.Change("t", {.isr_mask = 0b111, .leader_position = 0, .extras = extras});
  cluster_.Fence({BrokerId(1)});
  EXPECT_EQ(Partition("t"),
            "leader 2, isr 2,3 of 1,2,3, epochs 1/2, adding 1, removing 2, last leader 2");
  EXPECT_TRUE(cluster_.image().FindTopicByName("t")->partition(0).extras() == extras);
}

TEST_F(LeaderElectionTest, CountsSayWhatHappened) {
  cluster_.Create("led", {{1, 2}, {1, 3}, {1, 2}});
  cluster_.Create("followed", {{2, 1}});
  cluster_.Create("lost", {{1}});
  const BrokerId broker(1);
  const auto decision =
      DecideDepartures(cluster_.view(), {.dead = {broker}, .why = "test"}, cluster_.context());
  EXPECT_EQ(decision.settled.changed, 5);
  EXPECT_EQ(decision.settled.leaders_moved, 3);
  EXPECT_EQ(decision.settled.leaders_lost, 1);
  EXPECT_EQ(decision.settled.leaders_found, 0);
  EXPECT_FALSE(decision.again);
}

TEST_F(LeaderElectionTest, AFenceOfManyBrokersLooksAtEachReplicaOnce) {
  DecisionFixture many;
  many.StartBrokers(1'000);
  for (int i = 0; i < 5; ++i) many.Create(absl::StrFormat("t%d", i), 200, 3);
  Departures all{.why = "test"};
  for (int32_t id = 1; id <= 1'000; ++id) all.dead.emplace_back(id);
  const auto decision = DecideDepartures(many.view(), all, many.context());
  EXPECT_EQ(decision.settled.changed, 1'000);
  EXPECT_LE(decision.settled.lookups, 3'000);
}

TEST_F(LeaderElectionTest, TenThousandPartitionsMoveInOneBatch) {
  for (int i = 0; i < 10; ++i) cluster_.Create(absl::StrFormat("t%d", i), 1'000, 3);
  const BrokerId broker(2);
  const auto decision =
      DecideDepartures(cluster_.view(), {.dead = {broker}, .why = "test"}, cluster_.context());
  EXPECT_EQ(decision.settled.changed, 10'000);
  EXPECT_FALSE(decision.again);
  EXPECT_LT(decision.records.ByteSizeLong(), 10'000 * 8u);
  cluster_.Apply(decision);
  EXPECT_EQ(cluster_.view().tally.LoadOf(broker).leaders, 0);
  EXPECT_EQ(cluster_.view().tally.counts().under_replicated, 10'000);
}

TEST_F(LeaderElectionTest, WhatDoesNotFitOneEntryIsSettledInSeveral) {
  cluster_.Create("t", 100, 3);
  cluster_.Create("u", 100, 3);
  const BrokerId broker(1);
  ActiveBrokers active(cluster_.image());
  active.Remove(broker);
  SettlementPart part{.max_bytes = 200};
  size_t rounds = 0;
  int64_t changed = 0;
  for (bool complete = false; !complete; ++rounds) {
    ASSERT_LT(rounds, 100u);
    Decision<std::monostate> decision;
    const auto counts =
        SettlePartitionsOf(cluster_.image(), {&broker, 1}, active, part, &decision.records);
    EXPECT_LE(decision.records.ByteSizeLong(), 200u);
    complete = !counts.rest;
    part.from = counts.rest.value_or(PartitionPlace());
    changed += counts.changed;
    cluster_.Apply(decision);
  }
  EXPECT_GT(rounds, 3u);
  EXPECT_EQ(changed, 200);
  EXPECT_EQ(cluster_.view().tally.LoadOf(broker).leaders, 0);
}

TEST_F(LeaderElectionTest, APartLooksAtFewPartitionsAndNoneTwice) {
  for (int i = 0; i < 20; ++i) cluster_.Create(absl::StrFormat("t%d", i), 3'000, 3);
  // The broker is in no ISR, so nothing changes.
  const BrokerId broker(2);
  cluster_.Fence({broker});
  cluster_.Fence({broker});
  const ActiveBrokers active(cluster_.image());
  SettlementPart part{.max_partitions = 20'000};
  int64_t lookups = 0;
  int parts = 1;
  for (;; ++parts) {
    ASSERT_LT(parts, 10);
    metadata::v1::RecordBatch batch;
    const auto counts = SettlePartitionsOf(cluster_.image(), {&broker, 1}, active, part, &batch);
    EXPECT_LE(counts.lookups, 3 * part.max_partitions);
    EXPECT_EQ(batch.records_size(), 0);
    lookups += counts.lookups;
    if (!counts.rest) break;
    part.from = *counts.rest;
  }
  EXPECT_EQ(parts, 4) << "the topics count a little, too";
  EXPECT_EQ(lookups, 2 * 60'000);
}

// Whatever happens to brokers and configs, there is nothing left for a periodic search to elect.
TEST_F(LeaderElectionTest, NoPartitionStaysWithoutALeaderThatItCouldHave) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Rng rng(seed);
    DecisionFixture cluster(seed);
    if (seed % 2 == 0) cluster.UpgradeTo(3);
    cluster.StartBrokers(4);
    for (const char* name : {"t", "u", "v"}) cluster.Create(name, 4, 3);
    const std::string kUnclean = "unclean.leader.election.enable";
    const auto some_bool = [&]() -> std::optional<std::string> {
      const uint64_t choice = rng.Below(3);
      if (choice == 2) return std::nullopt;
      return choice == 0 ? "false" : "true";
    };
    const auto broker = [&] { return BrokerId(1 + static_cast<int32_t>(rng.Below(4))); };
    for (int step = 0; step < 200; ++step) {
      const BrokerId chosen = broker();
      switch (rng.Below(7)) {
        case 0:
          cluster.Fence({chosen});
          break;
        case 1:
          if (const BrokerId other = broker(); other != chosen) cluster.Fence({chosen, other});
          break;
        case 2:
          if (cluster.image().FindBroker(chosen)->active()) cluster.Stop({chosen});
          break;
        case 3:
          cluster.Register(chosen.value(), static_cast<uint16_t>(2 + rng.Below(90)));
          break;
        case 4:
          cluster.SetConfig(rng.Below(2) == 0 ? "t" : "u", kUnclean, some_bool());
          break;
        case 5:
          // The default of all brokers needs metadata version 3.
          if (cluster.image().metadata_version() >= 2) {
            cluster.SetDefaultConfig(kUnclean, some_bool());
          }
          break;
        default:
          cluster.Heartbeat(chosen.value());
      }
      const ActiveBrokers active(cluster.image());
      cluster.image().ForEachTopic([&](const metadata::TopicPtr& topic) {
        bool any_replica = false;
        for (const auto& configs :
             {cluster.image().Configs(metadata::ConfigResourceType::kBroker, ""),
              cluster.image().Configs(metadata::ConfigResourceType::kTopic, topic->name())}) {
          const auto unclean = configs.find(kUnclean);
          if (unclean != configs.end()) any_replica = unclean->second == "true";
        }
        for (int32_t i = 0; i < topic->partition_count(); ++i) {
          const metadata::PartitionView partition = topic->partition(i);
          if (partition.leader()) continue;
          const uint32_t may_lead = any_replica ? ~0u : partition.isr_mask();
          EXPECT_EQ(active.MaskOf(partition) & may_lead, 0u)
              << "seed " << seed << ", step " << step << ": " << ToText(partition);
        }
      });
    }
  }
}

}  // namespace
}  // namespace quorate::controller
