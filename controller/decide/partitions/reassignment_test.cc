#include "controller/decide/partitions/reassignment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "base/random.h"
#include "controller/testing/reassignment_fixture.h"

namespace quorate::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ReassignmentTest : public ReassignmentFixture {};

TEST_F(ReassignmentTest, ItCompletesWhenTheWholeTargetIsInTheIsr) {
  cluster_.Create("t", {{1, 2, 3}});
  EXPECT_EQ(Reassign(Ids{4, 2, 5}),
            "leader 1, isr 2,1,3 of 4,2,5,1,3, epochs 0/1, adding 4,5, removing 1,3");
  EXPECT_EQ(last_.cause, "AlterPartitionReassignments t-0");
  EXPECT_EQ(last_.settled.leaders_moved, 0);
  ChangeIsr({1, 2, 3, 4});
  EXPECT_EQ(Partition(),
            "leader 1, isr 4,2,1,3 of 4,2,5,1,3, epochs 0/2, adding 4,5, removing 1,3");
  // Broker 1 leads, and it leaves. The first replica of the target leads in its place.
  const auto answer = ChangeIsr({1, 2, 3, 4, 5});
  EXPECT_EQ(answer.error().code(), common::v1::NEW_LEADER_ELECTED);
  EXPECT_EQ(answer.error().outcome(), common::v1::UNKNOWN);
  EXPECT_EQ(answer.error().message(),
            "the new ISR completes the reassignment, which removes broker 1; broker 4 leads in "
            "leader epoch 1");
  EXPECT_EQ(Partition(), "leader 4, isr 4,2,5 of 4,2,5, epochs 1/3");
}

TEST_F(ReassignmentTest, ALeaderThatStaysGetsTheEpochsOfTheCompletedReassignment) {
  cluster_.Create("t", {{1, 2, 3}});
  Reassign(Ids{4, 1});
  const auto answer = ChangeIsr({1, 3, 4});
  EXPECT_FALSE(answer.has_error());
  EXPECT_EQ(answer.leader_id(), 1);
  EXPECT_EQ(answer.leader_epoch(), 1) << "replicas have left";
  EXPECT_EQ(answer.partition_epoch(), 2);
  EXPECT_THAT(answer.isr(), ElementsAre(4, 1));
  EXPECT_EQ(Partition(), "leader 1, isr 4,1 of 4,1, epochs 1/2");
}

// As in Kafka, a replica that stays must be in the ISR, too.
TEST_F(ReassignmentTest, ItWaitsForReplicasOfTheTargetThatWereReplicasBefore) {
  cluster_.Create("t", {{1, 2, 3}});
  cluster_.Fence({BrokerId(2)});
  Reassign(Ids{1, 2, 4});
  ChangeIsr({1, 3, 4});
  EXPECT_EQ(Partition(), "leader 1, isr 1,4,3 of 1,2,4,3, epochs 0/3, adding 4, removing 3");
  cluster_.Heartbeat(2);
  ChangeIsr({1, 2, 4});
  EXPECT_EQ(Partition(), "leader 1, isr 1,2,4 of 1,2,4, epochs 1/4");
}

TEST_F(ReassignmentTest, WhatNeedsNoNewReplicaCompletesAtOnce) {
  cluster_.Create("t", {{1, 2, 3}});
  EXPECT_EQ(Reassign(Ids{3, 2, 1}), "leader 1, isr 3,2,1 of 3,2,1, epochs 0/1");
  EXPECT_EQ(Reassign(Ids{3, 2}), "leader 3, isr 3,2 of 3,2, epochs 1/2");
  EXPECT_EQ(last_.settled.leaders_moved, 1);
  EXPECT_EQ(last_.election_cause, ElectionCause::kReassignment);
  EXPECT_EQ(Reassign(Ids{3}), "leader 3, isr 3 of 3, epochs 2/3");
  EXPECT_EQ(Reassign(Ids{3}), "leader 3, isr 3 of 3, epochs 2/3");
  EXPECT_EQ(last_.records.records_size(), 0) << "it is as requested already";
  EXPECT_EQ(Reassign(Ids{3, 1}), "leader 3, isr 3 of 3,1, epochs 2/4, adding 1");
}

TEST_F(ReassignmentTest, TheRemovalOfReplicasThatAreNotInSyncWaits) {
  cluster_.Create("t", {{1, 2, 3}});
  cluster_.Fence({BrokerId(1)});
  EXPECT_EQ(Reassign(Ids{1, 2}), "leader 2, isr 2,3 of 1,2,3, epochs 1/2, removing 3");
  cluster_.Heartbeat(1);
  ChangeIsr({1, 2, 3});
  EXPECT_EQ(Partition(), "leader 2, isr 1,2 of 1,2, epochs 2/3");
}

TEST_F(ReassignmentTest, ACancelledOneLeavesTheOriginalReplicas) {
  cluster_.Create("t", {{3, 2, 1}});
  Reassign(Ids{5, 4});
  EXPECT_EQ(Partition(),
            "leader 3, isr 3,2,1 of 5,4,3,2,1, epochs 0/1, adding 5,4, removing 3,2,1");
  ChangeIsr({1, 2, 3, 5});
  EXPECT_EQ(Reassign(std::nullopt), "leader 3, isr 3,2,1 of 3,2,1, epochs 1/3");
  EXPECT_EQ(last_.settled.leaders_moved, 0);
}

TEST_F(ReassignmentTest, ACancelledOneTakesTheLeadershipFromAnAddedReplica) {
  cluster_.Create("t", {{1, 2}});
  Reassign(Ids{4, 5});
  ChangeIsr({1, 2, 4});
  cluster_.Fence({BrokerId(1)});
  EXPECT_EQ(Partition(), "leader 4, isr 4,2 of 4,5,1,2, epochs 1/3, adding 4,5, removing 1,2");
  EXPECT_EQ(Reassign(std::nullopt), "leader 2, isr 2 of 1,2, epochs 2/4");
}

TEST_F(ReassignmentTest, ACancellationThatLosesRecordsNeedsTheConfigOfTheTopic) {
  cluster_.Create("t", {{1, 2}});
  Reassign(Ids{4, 5});
  ChangeIsr({1, 2, 4});
  cluster_.Fence({BrokerId(1), BrokerId(2)});
  EXPECT_EQ(Partition(), "leader 4, isr 4 of 4,5,1,2, epochs 1/3, adding 4,5, removing 1,2");
  EXPECT_EQ(ErrorOf(Request("t", 0, std::nullopt)),
            "INVALID_REPLICA_ASSIGNMENT, only replicas that the reassignment adds are in the ISR, "
            "and they would leave; let another replica catch up first, or allow a leader that may "
            "lack records (unclean.leader.election.enable)");
  cluster_.SetConfig("t", "unclean.leader.election.enable", "true");
  EXPECT_THAT(ErrorOf(Request("t", 0, std::nullopt)),
              HasSubstr("start the broker of another replica first"));
  cluster_.Heartbeat(2);
  EXPECT_EQ(Reassign(std::nullopt), "leader 2, isr 2 of 1,2, epochs 2/4, recovering");
}

// The removed replicas take the places of the added ones, so the preferred leader is the same as
// before.
TEST_F(ReassignmentTest, ACancelledOneLeavesThePreferredLeader) {
  cluster_.Create("t", {{3, 1, 2}});
  EXPECT_EQ(Reassign(Ids{4, 1, 2}),
            "leader 3, isr 1,2,3 of 4,1,2,3, epochs 0/1, adding 4, removing 3");
  EXPECT_EQ(Reassign(std::nullopt), "leader 3, isr 3,1,2 of 3,1,2, epochs 1/2");
  Reassign(Ids{3, 4, 5, 6, 2});
  EXPECT_EQ(Reassign(std::nullopt), "leader 3, isr 3,1,2 of 3,1,2, epochs 2/4");
}

// Replicas that the first target has added in vain leave at once, and those that are in sync leave
// at the end. The original replicas are not forgotten.
TEST_F(ReassignmentTest, ANewTargetReplacesTheOldOne) {
  cluster_.Create("t", {{1, 2, 3}});
  Reassign(Ids{4, 5, 6});
  ChangeIsr({1, 2, 3, 5});
  const std::string second = Reassign(Ids{4, 7, 1});
  EXPECT_EQ(second, "leader 1, isr 1,5,2,3 of 4,7,1,5,2,3, epochs 1/3, adding 4,7, removing 5,2,3");
  EXPECT_EQ(Reassign(Ids{4, 7, 1}), second);
  EXPECT_EQ(last_.records.records_size(), 0);
  ChangeIsr({1, 2, 3, 4, 5, 7});
  EXPECT_EQ(Partition(), "leader 1, isr 4,7,1 of 4,7,1, epochs 2/4");
}

TEST_F(ReassignmentTest, ACancelledOneLeavesTheOriginalReplicasWhateverTheTargetsWere) {
  cluster_.Create("t", {{1, 2, 3}});
  Reassign(Ids{4, 5, 6});
  Reassign(Ids{4, 2, 7});
  EXPECT_EQ(Partition(), "leader 1, isr 2,1,3 of 4,2,7,1,3, epochs 1/2, adding 4,7, removing 1,3");
  EXPECT_EQ(Reassign(std::nullopt), "leader 1, isr 1,2,3 of 1,2,3, epochs 2/3");
}

TEST_F(ReassignmentTest, TheWholeListAsTheTargetKeepsEveryReplica) {
  cluster_.Create("t", {{1, 2}});
  Reassign(Ids{3, 4});
  EXPECT_EQ(Reassign(Ids{3, 4, 1, 2}), "leader 1, isr 1,2 of 3,4,1,2, epochs 0/2, adding 3,4");
  ChangeIsr({1, 2, 3, 4});
  EXPECT_EQ(Partition(), "leader 1, isr 3,4,1,2 of 3,4,1,2, epochs 0/3");
}

TEST_F(ReassignmentTest, TheOriginalReplicasAsTheTargetEndItAtOnce) {
  cluster_.Create("t", {{1, 2, 3}});
  Reassign(Ids{4, 5, 6});
  EXPECT_EQ(Reassign(Ids{1, 2, 3}), "leader 1, isr 1,2,3 of 1,2,3, epochs 1/2");
}

TEST_F(ReassignmentTest, AFencedBrokerMayBeATarget) {
  cluster_.Create("t", {{1, 2}});
  cluster_.Fence({BrokerId(7)});
  EXPECT_EQ(Reassign(Ids{7}), "leader 1, isr 1,2 of 7,1,2, epochs 0/1, adding 7, removing 1,2");
  cluster_.Heartbeat(7);
  ChangeIsr({1, 2, 7});
  EXPECT_EQ(Partition(), "leader 7, isr 7 of 7, epochs 1/2");
}

// The leader of an unclean election is the whole target, so the reassignment is complete.
TEST_F(ReassignmentTest, AnUncleanElectionMayCompleteIt) {
  cluster_.Create("t", {{1}}, {{"unclean.leader.election.enable", "true"}});
  Reassign(Ids{4});
  cluster_.Fence({BrokerId(1)});
  EXPECT_EQ(Partition(), "leader 4, isr 4 of 4, epochs 1/2, recovering");
}

TEST_F(ReassignmentTest, APartitionWithoutALeaderCanBeReassigned) {
  cluster_.Create("t", {{1, 2}});
  cluster_.Fence({BrokerId(2)});
  cluster_.Fence({BrokerId(1)});
  EXPECT_EQ(Reassign(Ids{3, 1}), "no leader, isr 1 of 3,1,2, epochs 1/3, adding 3, removing 2");
  cluster_.Heartbeat(1);
  ChangeIsr({1, 3});
  EXPECT_EQ(Partition(), "leader 1, isr 3,1 of 3,1, epochs 3/5");
}

// A topic that allows unclean elections prefers a leader without records to no leader.
TEST_F(ReassignmentTest, ANewReplicaMayLeadAPartitionThatHasLostItsOwn) {
  const std::string key = "unclean.leader.election.enable";
  cluster_.Create("t", {{1, 2}}, {{key, "true"}});
  cluster_.Fence({BrokerId(1), BrokerId(2), BrokerId(7)});
  EXPECT_EQ(Partition(), "no leader, isr 1,2 of 1,2, epochs 1/1");
  EXPECT_EQ(Reassign(Ids{2, 7, 4, 5}),
            "leader 4, isr 4 of 2,7,4,5,1, epochs 2/2, adding 7,4,5, removing 1, recovering");
  EXPECT_EQ(cluster_.view().tally.changes().unclean_elections, 1);
  cluster_.Fence({BrokerId(4), BrokerId(5)});
  EXPECT_EQ(Reassign(Ids{3}), "leader 3, isr 3 of 3, epochs 4/4, recovering");

  cluster_.SetConfig("t", key, "false");
  cluster_.Fence({BrokerId(3)});
  EXPECT_EQ(Reassign(Ids{6}),
            "no leader, isr 3 of 6,3, epochs 5/6, adding 6, removing 3, recovering");
}

// The directories of replicas that stay are kept, also those of partitions that the same record
// changes otherwise.
TEST_F(ReassignmentTest, ReplicasKeepTheirDirectories) {
  cluster_.Create("t", {{1, 2}, {1, 2}});
  const Uuid one = metadata::TestUuid(901);
  const Uuid two = metadata::TestUuid(902);
  cluster_.Change("t", {.isr_mask = 0b11, .leader_position = 0, .directories = {one, two}});
  AlterPartitionReassignmentsRequest request;
  Add(&request, "t", 0, Ids{3, 2});
  Add(&request, "t", 1, Ids{2, 1});
  Alter(request);
  const auto topic = cluster_.image().FindTopicByName("t");
  const auto partition = topic->partition(0);
  EXPECT_EQ(ToText(partition), "leader 1, isr 2,1 of 3,2,1, epochs 0/2, adding 3, removing 1");
  EXPECT_EQ(partition.directory(0), std::nullopt);
  EXPECT_EQ(partition.directory(1), two);
  EXPECT_EQ(partition.directory(2), one);
  EXPECT_FALSE(topic->partition(1).has_directories());
  // Both lose broker 1 from their ISRs in one record.
  cluster_.Fence({BrokerId(1)});
  EXPECT_EQ(cluster_.image().FindTopicByName("t")->partition(0).directory(2), one);
}

// Random targets, cancellations, deaths and returns. Replay accepts every record, and each
// reassignment that can end does.
TEST_F(ReassignmentTest, RandomReassignmentsEndAndKeepTheInvariants) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    Rng rng(seed);
    cluster_ = DecisionFixture(seed);
    cluster_.UpgradeTo(2);
    cluster_.StartBrokers(6);
    cluster_.Create("t", {{1, 2, 3}},
                    {{"unclean.leader.election.enable", seed % 2 == 0 ? "true" : "false"}});
    const auto partition = [&] { return cluster_.image().FindTopicByName("t")->partition(0); };
    const auto check = [&] {
      EXPECT_TRUE(partition().leader().has_value() ||
                  (ActiveBrokers(cluster_.image()).MaskOf(partition()) & partition().isr_mask()) ==
                      0)
          << Partition();
      const uint32_t target =
          ((1u << partition().replica_count()) - 1) & ~partition().removing_mask();
      EXPECT_FALSE(IsReassigning(partition()) && (target & ~partition().isr_mask()) == 0)
          << "it should be complete: " << Partition();
    };
    const auto catch_up = [&] {
      if (!partition().leader()) return;
      const ActiveBrokers active(cluster_.image());
      Ids isr;
      for (const int32_t id : partition().replicas()) {
        if (active.Contains(BrokerId(id))) isr.push_back(id);
      }
      const auto answer = ChangeIsr(isr);
      EXPECT_TRUE(!answer.has_error() || answer.error().code() == common::v1::NEW_LEADER_ELECTED)
          << answer.error().message();
    };
    for (int step = 0; step < 60; ++step) {
      const auto id = static_cast<int32_t>(rng.Below(6) + 1);
      switch (rng.Below(5)) {
        case 0:
          cluster_.Fence({BrokerId(id)});
          break;
        case 1:
          cluster_.Heartbeat(id);
          break;
        case 2:
          catch_up();
          break;
        case 3:
          if (IsReassigning(partition())) Alter(Request("t", 0, std::nullopt));
          break;
        default: {
          Ids target = {1, 2, 3, 4, 5, 6};
          for (size_t i = target.size() - 1; i > 0; --i) {
            std::swap(target[i], target[rng.Below(i + 1)]);
          }
          target.resize(rng.Below(4) + 1);
          Reassign(target);
        }
      }
      check();
    }
    for (int32_t id = 1; id <= 6; ++id) cluster_.Heartbeat(id);
    catch_up();
    check();
    EXPECT_FALSE(IsReassigning(partition())) << Partition();
    EXPECT_EQ(partition().isr_count(), partition().replica_count()) << Partition();
  }
}

}  // namespace
}  // namespace quorate::controller
