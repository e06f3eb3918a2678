#include "tests/sim/checks/partition_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "metadata/testing/test_log.h"

namespace quorate::sim {
namespace {

using metadata::PartitionChange;
using metadata::PartitionExtras;
using ::testing::HasSubstr;
using ::testing::Optional;

// A partition with the replicas 1, 2 and 3 and the leader 1. All of them are in sync, and the
// brokers 1 to 4 are unfenced.
class PartitionChecksTest : public ::testing::Test {
 protected:
  PartitionChecksTest() {
    log_.MustAppend({metadata::MakeMetadataVersionRecord(3)});
    for (int32_t id = 1; id <= 4; ++id) {
      const metadata::BrokerRegistration broker{
          .id = BrokerId(id),
          .incarnation_id = metadata::TestUuid(static_cast<uint16_t>(id)),
          .broker_epoch = log_.end_offset(),
          .endpoint = {"broker", 9092}};
      log_.MustAppend({metadata::MakeRegisterBrokerRecord(broker)});
      SetFenced(id, false);
    }
    log_.MustAppend({metadata::MakeTopicRecord("t", kTopic), NewPartitions(0, 0b111)});
    EXPECT_EQ(Check(), std::nullopt);
  }

  static std::vector<BrokerId> Ids(const std::vector<int32_t>& ids) {
    std::vector<BrokerId> brokers;
    for (const int32_t id : ids) brokers.emplace_back(id);
    return brokers;
  }
  metadata::v1::Record NewPartitions(int32_t first, uint32_t isr_mask) const {
    return metadata::MakePartitionsRecord(
        kTopic, first,
        std::vector<metadata::NewPartition>{
            {.replicas = Ids({1, 2, 3}), .isr_mask = isr_mask, .leader_position = 0}});
  }
  void SetFenced(int32_t id, bool fenced) {
    log_.MustAppend({metadata::MakeBrokerRegistrationChangeRecord(BrokerId(id), EpochOf(id),
                                                                  {.fenced = fenced})});
  }
  void Change(const PartitionChange& change) {
    log_.MustAppend({metadata::MakePartitionChangesRecord(kTopic, std::vector{change})});
  }
  std::optional<std::string> Check(const std::string& principal = "") {
    return checks_.OnApplied(principal, log_.image());
  }
  int64_t EpochOf(int32_t id) const { return log_.image().FindBroker(BrokerId(id))->broker_epoch; }

  // The leader has asked for this ISR in the epochs of the partition, less `behind`.
  void RequestIsr(int32_t leader, const std::vector<int32_t>& isr, int32_t behind = 0) {
    const auto partition = log_.image().FindTopic(kTopic)->partition(0);
    broker::v1::AlterPartitionRequest request;
    request.set_broker_id(leader);
    request.set_broker_epoch(EpochOf(leader));
    auto* topic = request.add_topics();
    topic->set_topic_id(std::string(kTopic.bytes()));
    auto* wanted = topic->add_partitions();
    wanted->set_partition(0);
    wanted->set_leader_epoch(partition.leader_epoch());
    wanted->set_partition_epoch(partition.partition_epoch() - behind);
    for (const int32_t id : isr) {
      auto* member = wanted->add_new_isr();
      member->set_broker_id(id);
      member->set_broker_epoch(EpochOf(id));
    }
    checks_.OnRequest("isr", request);
  }
  void SetIsr(uint32_t isr_mask) { Change({.isr_mask = isr_mask, .leader_position = 0}); }
  // Without a target, the reassignment is cancelled.
  void RequestReassignment(const std::vector<int32_t>& target) {
    admin::v1::AlterPartitionReassignmentsRequest request;
    auto* topic = request.add_topics();
    topic->mutable_topic()->set_name("t");
    auto* partition = topic->add_partitions();
    partition->set_partition(0);
    if (!target.empty()) {
      partition->mutable_target()->mutable_broker_ids()->Add(target.begin(), target.end());
    }
    checks_.OnRequest("reassign", request);
  }
  // Replaces broker 3 by broker 4.
  void BeginReassignment() {
    RequestReassignment({1, 2, 4});
    Change({.isr_mask = 0b1011,
            .leader_position = 0,
            .replicas = Ids({1, 2, 4, 3}),
            .extras = PartitionExtras{.adding_mask = 0b0100, .removing_mask = 0b1000}});
    EXPECT_EQ(Check("reassign"), std::nullopt);
  }

  const Uuid kTopic = metadata::TestUuid(7);
  metadata::TestLog log_;
  PartitionChecks checks_;
};

TEST_F(PartitionChecksTest, AMemberOfTheIsrMayLead) {
  Change({.isr_mask = 0b111, .leader_position = 1});
  EXPECT_EQ(Check(), std::nullopt);
}

TEST_F(PartitionChecksTest, ABrokerThatWasNotInTheIsrMayNot) {
  RequestIsr(1, {1, 2});
  SetIsr(0b011);
  EXPECT_EQ(Check("isr"), std::nullopt);
  Change({.isr_mask = 0b111, .leader_position = 2});
  EXPECT_THAT(Check(),
              Optional(std::string("t-0: broker 3 becomes its leader and was not in its ISR")));
}

TEST_F(PartitionChecksTest, AnUncleanLeaderIsElectedOnlyWhereTheTopicAllowsIt) {
  RequestIsr(1, {1});
  SetIsr(0b001);
  EXPECT_EQ(Check("isr"), std::nullopt);
  log_.MustAppend({metadata::MakeConfigRecord(metadata::ConfigResourceType::kTopic, "t",
                                              "unclean.leader.election.enable", "true")});
  log_.MustAppend(
      {metadata::MakeBrokerRegistrationChangeRecord(BrokerId(1), EpochOf(1), {.fenced = true}),
       metadata::MakePartitionChangesRecord(
           kTopic, std::vector{PartitionChange{.isr_mask = 0b010,
                                               .leader_position = 1,
                                               .extras = PartitionExtras{.recovering = true}}})});
  EXPECT_EQ(Check(), std::nullopt);
}

TEST_F(PartitionChecksTest, AnUncleanLeaderLeadsAloneAndOnlyInsteadOfALostIsr) {
  RequestIsr(1, {1});
  SetIsr(0b001);
  EXPECT_EQ(Check("isr"), std::nullopt);
  admin::v1::ElectLeadersRequest elect;
  elect.set_type(admin::v1::ElectLeadersRequest::UNCLEAN);
  checks_.OnRequest("elect", elect);
  Change({.isr_mask = 0b010, .leader_position = 1, .extras = PartitionExtras{.recovering = true}});
  EXPECT_THAT(Check("elect"), Optional(HasSubstr("although broker 1 is in the ISR")));
}

TEST_F(PartitionChecksTest, AFencedBrokerNeitherLeadsNorIsInSyncBesideALeader) {
  SetFenced(1, true);
  EXPECT_THAT(Check(), Optional(HasSubstr("t-0: broker 1 leads it and is fenced")));
  SetFenced(1, false);
  SetFenced(2, true);
  EXPECT_THAT(Check(), Optional(HasSubstr("t-0: broker 2 is in the ISR beside a leader")));
}

TEST_F(PartitionChecksTest, APartitionHasALeaderIfItCan) {
  Change({.isr_mask = 0b111});
  EXPECT_THAT(Check(), Optional(HasSubstr("it has no leader, and broker 1 could lead it")));
}

TEST_F(PartitionChecksTest, TheIsrChangesAsItsLeaderAsks) {
  RequestIsr(1, {1, 3});
  SetIsr(0b101);
  EXPECT_EQ(Check("isr"), std::nullopt);
  SetIsr(0b111);
  EXPECT_THAT(Check(), Optional(HasSubstr("broker 2 joins its ISR without the leader's request")));
  SetIsr(0b011);
  EXPECT_THAT(Check(), Optional(HasSubstr("broker 3 leaves its ISR and is active")));
}

TEST_F(PartitionChecksTest, ALateRequestForAnIsrChangesNothing) {
  RequestIsr(1, {1, 3});
  SetIsr(0b101);
  EXPECT_EQ(Check("isr"), std::nullopt);
  RequestIsr(1, {1, 2}, /*behind=*/1);
  SetIsr(0b011);
  EXPECT_THAT(Check("isr"), Optional(HasSubstr("changes the ISR of epochs 0/0, not 0/1")));
}

TEST_F(PartitionChecksTest, OnlyTheLeaderChangesTheIsr) {
  RequestIsr(2, {1, 2});
  SetIsr(0b011);
  EXPECT_THAT(Check("isr"), Optional(HasSubstr("broker 2 changes its ISR and does not lead it")));
}

TEST_F(PartitionChecksTest, AReassignmentCompletesWithItsWholeTargetInSync) {
  BeginReassignment();
  RequestIsr(1, {1, 2, 4, 3});
  Change({.isr_mask = 0b111,
          .leader_position = 0,
          .bumps_leader_epoch = true,
          .replicas = Ids({1, 2, 4})});
  EXPECT_EQ(Check("isr"), std::nullopt);
}

TEST_F(PartitionChecksTest, AReassignmentDoesNotCompleteEarlier) {
  BeginReassignment();
  Change({.isr_mask = 0b011,
          .leader_position = 0,
          .bumps_leader_epoch = true,
          .replicas = Ids({1, 2, 4})});
  EXPECT_THAT(Check(), Optional(HasSubstr("a replica of the target is not in sync")));
}

TEST_F(PartitionChecksTest, AReassignmentDoesNotCompleteLater) {
  BeginReassignment();
  RequestIsr(1, {1, 2, 4, 3});
  SetIsr(0b1111);
  EXPECT_THAT(Check("isr"), Optional(HasSubstr("but the reassignment is not complete")));
}

TEST_F(PartitionChecksTest, TheLeaderEpochGrowsWhenAReplicaLeaves) {
  BeginReassignment();
  RequestIsr(1, {1, 2, 4, 3});
  Change({.isr_mask = 0b111, .leader_position = 0, .replicas = Ids({1, 2, 4})});
  EXPECT_THAT(Check("isr"), Optional(HasSubstr("its leader stays, but a replica leaves, and its "
                                               "leader epoch goes from 0 to 0")));
}

TEST_F(PartitionChecksTest, ACancelledReassignmentRestoresTheOriginalReplicas) {
  BeginReassignment();
  RequestReassignment({});
  Change({.isr_mask = 0b111,
          .leader_position = 0,
          .bumps_leader_epoch = true,
          .replicas = Ids({1, 2, 3})});
  EXPECT_EQ(Check("reassign"), std::nullopt);
  BeginReassignment();
  Change({.isr_mask = 0b011,
          .leader_position = 0,
          .bumps_leader_epoch = true,
          .replicas = Ids({1, 2, 4})});
  RequestReassignment({});
  EXPECT_THAT(Check("reassign"), Optional(HasSubstr("does not have its original replicas")));
}

TEST_F(PartitionChecksTest, AnOverwrittenReassignmentKnowsTheOriginalReplicas) {
  BeginReassignment();
  RequestReassignment({4, 2});
  Change({.isr_mask = 0b1110,
          .leader_position = 2,
          .replicas = Ids({4, 2, 1, 3}),
          .extras = PartitionExtras{.adding_mask = 0b0001, .removing_mask = 0b1100}});
  EXPECT_EQ(Check("reassign"), std::nullopt);
  Change({.isr_mask = 0b1110,
          .leader_position = 2,
          .extras = PartitionExtras{.removing_mask = 0b1100}});
  EXPECT_THAT(Check("reassign"), Optional(HasSubstr("does not know its original replicas")));
}

TEST_F(PartitionChecksTest, NothingElseChangesTheReplicas) {
  Change({.isr_mask = 0b011,
          .leader_position = 0,
          .bumps_leader_epoch = true,
          .replicas = Ids({1, 2})});
  EXPECT_THAT(Check(), Optional(HasSubstr("its replicas change, and no reassignment begins")));
}

TEST_F(PartitionChecksTest, ReplicasThatLeaveAreTheLastOnes) {
  RequestReassignment({1, 2, 4});
  Change({.isr_mask = 0b0111,
          .leader_position = 0,
          .replicas = Ids({1, 3, 2, 4}),
          .extras = PartitionExtras{.adding_mask = 0b1000, .removing_mask = 0b0010}});
  EXPECT_THAT(Check("reassign"), Optional(HasSubstr("the target followed by those that leave")));
}

TEST_F(PartitionChecksTest, ANewPartitionIsInSyncWhereItsBrokersAreActive) {
  log_.MustAppend({NewPartitions(1, 0b111)});
  EXPECT_EQ(Check(), std::nullopt);
  log_.MustAppend({NewPartitions(2, 0b011)});
  EXPECT_THAT(Check(), Optional(HasSubstr("t-2: its first ISR is not its active replicas")));
}

TEST_F(PartitionChecksTest, ExactlyTheRequestedTopicsAreDeleted) {
  const Uuid other = metadata::TestUuid(8);
  log_.MustAppend({metadata::MakeTopicRecord("u", other)});
  EXPECT_EQ(Check(), std::nullopt);
  admin::v1::DeleteTopicsRequest request;
  request.add_topics()->set_name("u");
  request.add_topics()->set_name("t");
  checks_.OnRequest("delete", request);
  log_.MustAppend({metadata::MakeRemoveTopicRecord(other)});
  EXPECT_THAT(Check("delete"), Optional(std::string("topic t is not deleted")));
  log_.MustAppend({metadata::MakeRemoveTopicRecord(kTopic)});
  EXPECT_THAT(Check(), Optional(std::string("topic t is deleted without a request")));
}

}  // namespace
}  // namespace quorate::sim
