#include "controller/decide/partitions/partition_decisions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/testing/decision_fixture.h"

namespace quorate::controller {
namespace {

using broker::v1::AlterPartitionRequest;
using broker::v1::AlterPartitionResponse;
using common::v1::Error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Three brokers. Partition 0 of "t" is led by broker 1. Broker 3 has left its ISR and is back:
// leader epoch 0, partition epoch 1.
class AlterPartitionTest : public ::testing::Test {
 protected:
  AlterPartitionTest() {
    cluster_.StartBrokers(3);
    cluster_.Create("t", {{1, 2, 3}, {2, 1, 3}});
    cluster_.Fence({BrokerId(3)});
    cluster_.Heartbeat(3);
  }

  // Returns broker 1's request for `isr` of partition 0, with everything else valid.
  AlterPartitionRequest Ask(const std::vector<int32_t>& isr) {
    AlterPartitionRequest request;
    request.set_broker_id(1);
    request.set_broker_epoch(EpochOf(1));
    auto* topic = request.add_topics();
    topic->set_topic_id(std::string(cluster_.image().FindTopicByName("t")->id().bytes()));
    auto* partition = topic->add_partitions();
    partition->set_partition(0);
    partition->set_leader_epoch(0);
    partition->set_partition_epoch(1);
    for (const int32_t id : isr) {
      auto* member = partition->add_new_isr();
      member->set_broker_id(id);
      member->set_broker_epoch(EpochOf(id));
    }
    return request;
  }

  int64_t EpochOf(int32_t id) {
    const auto* broker = cluster_.image().FindBroker(BrokerId(id));
    return broker == nullptr ? -1 : broker->broker_epoch;
  }

  Decision<AlterPartitionResponse> Decide(const AlterPartitionRequest& request) {
    return DecideAlterPartition(cluster_.view(), request, cluster_.context());
  }

  // Returns the error code of the first partition, which must have failed without a record.
  common::v1::ErrorCode CodeOf(const AlterPartitionRequest& request) {
    const auto decision = Decide(request);
    EXPECT_THAT(decision.records.records(), IsEmpty());
    return std::get<AlterPartitionResponse>(decision.answer).topics(0).partitions(0).error().code();
  }

  static AlterPartitionRequest::Partition* First(AlterPartitionRequest* request) {
    return request->mutable_topics(0)->mutable_partitions(0);
  }

  DecisionFixture cluster_;
};

TEST_F(AlterPartitionTest, AReplicaJoinsTheIsr) {
  const auto decision = Decide(Ask({1, 2, 3}));
  const auto& answer = std::get<AlterPartitionResponse>(decision.answer).topics(0).partitions(0);
  EXPECT_FALSE(answer.has_error());
  EXPECT_THAT(answer.isr(), ElementsAre(1, 2, 3));
  EXPECT_EQ(answer.leader_id(), 1);
  cluster_.Apply(decision);
  const auto partition = cluster_.image().FindTopicByName("t")->partition(0);
  EXPECT_EQ(ToText(partition), "leader 1, isr 1,2,3 of 1,2,3, epochs 0/2");
  EXPECT_EQ(answer.leader_epoch(), partition.leader_epoch());
  EXPECT_EQ(answer.partition_epoch(), partition.partition_epoch());
}

TEST_F(AlterPartitionTest, AReplicaThatJoinsLeavesTheElr) {
  cluster_.Change("t", {.isr_mask = 0b001,
                        .leader_position = 0,
                        .extras = metadata::PartitionExtras{
                            .adding_mask = 0b001, .elr_mask = 0b110, .recovering = true}});
  const auto alter = [&](const std::vector<int32_t>& isr) {
    auto request = Ask(isr);
    const auto partition = cluster_.image().FindTopicByName("t")->partition(0);
    First(&request)->set_partition_epoch(partition.partition_epoch());
    cluster_.Apply(Decide(request));
    return cluster_.image().FindTopicByName("t")->partition(0);
  };
  auto partition = alter({1, 3});
  EXPECT_EQ(ToText(partition), "leader 1, isr 1,3 of 1,2,3, epochs 0/3, adding 1, eligible 2");
  EXPECT_EQ(partition.elr_mask(), 0b010u);
  EXPECT_FALSE(partition.recovering());
  partition = alter({1});
  EXPECT_EQ(partition.elr_mask(), 0b010u);
  partition = alter({1, 2, 3});
  EXPECT_EQ(partition.elr_mask(), 0u);
  EXPECT_EQ(partition.adding_mask(), 0u) << "the reassignment is complete";
}

TEST_F(AlterPartitionTest, TheIsrMayShrinkToTheLeader) {
  cluster_.Apply(Decide(Ask({1})));
  EXPECT_EQ(ToText(cluster_.image().FindTopicByName("t")->partition(0)),
            "leader 1, isr 1 of 1,2,3, epochs 0/2");
}

// The topic's min.insync.replicas limits producers, not the ISR.
TEST_F(AlterPartitionTest, TheIsrMayBeSmallerThanMinInsyncReplicas) {
  cluster_.SetConfig("t", "min.insync.replicas", "3");
  cluster_.Apply(Decide(Ask({1})));
  EXPECT_EQ(ToText(cluster_.image().FindTopicByName("t")->partition(0)),
            "leader 1, isr 1 of 1,2,3, epochs 0/2");
}

TEST_F(AlterPartitionTest, AnIdenticalIsrRecordsNothingAndReturnsTheState) {
  const auto decision = Decide(Ask({2, 1}));
  EXPECT_THAT(decision.records.records(), IsEmpty());
  const auto& answer = std::get<AlterPartitionResponse>(decision.answer).topics(0).partitions(0);
  EXPECT_FALSE(answer.has_error());
  EXPECT_EQ(answer.partition_epoch(), 1);
}

TEST_F(AlterPartitionTest, TheSenderMustBeCurrentlyRegistered) {
  auto request = Ask({1, 2, 3});
  request.set_broker_epoch(request.broker_epoch() - 1);
  EXPECT_EQ(std::get<Error>(Decide(request).answer).code(), common::v1::STALE_BROKER_EPOCH);
  request.set_broker_id(77);
  EXPECT_EQ(std::get<Error>(Decide(request).answer).code(), common::v1::STALE_BROKER_EPOCH);
}

TEST_F(AlterPartitionTest, TheTopicAndThePartitionMustExist) {
  auto request = Ask({1, 2, 3});
  request.mutable_topics(0)->set_topic_id(std::string(metadata::TestUuid(9).bytes()));
  EXPECT_EQ(CodeOf(request), common::v1::UNKNOWN_TOPIC_ID);
  request.mutable_topics(0)->set_topic_id("junk");
  EXPECT_EQ(CodeOf(request), common::v1::UNKNOWN_TOPIC_ID);
  request = Ask({1, 2, 3});
  First(&request)->set_partition(2);
  EXPECT_EQ(CodeOf(request), common::v1::UNKNOWN_TOPIC_OR_PARTITION);
  First(&request)->set_partition(-1);
  EXPECT_EQ(CodeOf(request), common::v1::UNKNOWN_TOPIC_OR_PARTITION);
}

TEST_F(AlterPartitionTest, ASenderThatIsAheadIsSentToTheActiveController) {
  auto request = Ask({1, 2, 3});
  First(&request)->set_leader_epoch(1);
  EXPECT_EQ(CodeOf(request), common::v1::NOT_CONTROLLER);
  request = Ask({1, 2, 3});
  First(&request)->set_partition_epoch(2);
  EXPECT_EQ(CodeOf(request), common::v1::NOT_CONTROLLER);
}

TEST_F(AlterPartitionTest, AnOldLeaderEpochComesBeforeWhoLeads) {
  cluster_.Fence({BrokerId(1)});
  cluster_.Heartbeat(1);
  auto request = Ask({1, 2, 3});  // in leader epoch 0; broker 2 leads in epoch 1
  EXPECT_EQ(CodeOf(request), common::v1::FENCED_LEADER_EPOCH);
  First(&request)->set_leader_epoch(1);
  EXPECT_EQ(CodeOf(request), common::v1::INVALID_REQUEST);
}

TEST_F(AlterPartitionTest, WhoLeadsComesBeforeAnOldPartitionEpoch) {
  auto request = Ask({1, 2, 3});
  First(&request)->set_partition_epoch(0);
  EXPECT_EQ(CodeOf(request), common::v1::INVALID_UPDATE_VERSION);
  request.set_broker_id(2);
  request.set_broker_epoch(EpochOf(2));
  EXPECT_EQ(CodeOf(request), common::v1::INVALID_REQUEST);
}

TEST_F(AlterPartitionTest, TheIsrIsOfReplicasOnceEachAndHasTheLeader) {
  EXPECT_EQ(CodeOf(Ask({1, 1})), common::v1::INVALID_REQUEST);
  EXPECT_EQ(CodeOf(Ask({1, 9})), common::v1::INVALID_REQUEST);
  EXPECT_EQ(CodeOf(Ask({2, 3})), common::v1::INVALID_REQUEST);
  EXPECT_EQ(CodeOf(Ask({})), common::v1::INVALID_REQUEST);
}

TEST_F(AlterPartitionTest, OnlyActiveBrokersOfTheRightEpochJoin) {
  auto request = Ask({1, 2, 3});
  First(&request)->mutable_new_isr(2)->set_broker_epoch(EpochOf(3) - 1);
  EXPECT_EQ(CodeOf(request), common::v1::INELIGIBLE_REPLICA);
  First(&request)->mutable_new_isr(2)->set_broker_epoch(-1);  // not checked
  EXPECT_EQ(Decide(request).records.records_size(), 1);

  cluster_.Fence({BrokerId(3)});
  EXPECT_EQ(CodeOf(Ask({1, 2, 3})), common::v1::INELIGIBLE_REPLICA);

  cluster_.Heartbeat(3);
  cluster_.Create("led-by-3", {{3, 1}});
  cluster_.Stop({BrokerId(3)});
  EXPECT_EQ(CodeOf(Ask({1, 2, 3})), common::v1::INELIGIBLE_REPLICA);
}

TEST_F(AlterPartitionTest, AReplicaInAnOfflineDirectoryDoesNotJoin) {
  cluster_.UpgradeTo(metadata::kLatestMetadataVersion);
  const Uuid kept = metadata::TestUuid(0xA00);
  const Uuid failed = metadata::TestUuid(0xB00);
  cluster_.StartWith(3, {kept, failed}, /*life=*/2);
  cluster_.Assign(3, "t", 0, failed);
  cluster_.Fail(3, {failed});
  auto request = Ask({1, 2, 3});
  First(&request)->set_partition_epoch(2);
  EXPECT_EQ(CodeOf(request), common::v1::INELIGIBLE_REPLICA);
  cluster_.Assign(3, "t", 0, kept);
  First(&request)->set_partition_epoch(3);
  EXPECT_EQ(Decide(request).records.records_size(), 1);
}

// Each request also has the faults of the later ones.
TEST_F(AlterPartitionTest, ErrorsComeInKafkasOrder) {
  cluster_.Fence({BrokerId(1)});
  cluster_.Heartbeat(1);  // broker 2 leads partition 0 in leader epoch 1, partition epoch 2
  cluster_.Fence({BrokerId(3)});
  const auto topic_id = std::string(cluster_.image().FindTopicByName("t")->id().bytes());
  const struct {
    std::string topic_id;
    int32_t partition;
    int32_t leader_epoch;
    int32_t partition_epoch;
    int32_t sender;
    std::vector<int32_t> isr;
    common::v1::ErrorCode code;
  } cases[] = {
      {"junk", 9, 2, 1, 1, {3, 3, 9}, common::v1::UNKNOWN_TOPIC_ID},
      {topic_id, 9, 2, 1, 1, {3, 3, 9}, common::v1::UNKNOWN_TOPIC_OR_PARTITION},
      {topic_id, 0, 2, 1, 1, {3, 3, 9}, common::v1::NOT_CONTROLLER},
      {topic_id, 0, 0, 3, 1, {3, 3, 9}, common::v1::NOT_CONTROLLER},
      {topic_id, 0, 0, 1, 1, {3, 3, 9}, common::v1::FENCED_LEADER_EPOCH},
      {topic_id, 0, 1, 1, 1, {3, 3, 9}, common::v1::INVALID_REQUEST},
      {topic_id, 0, 1, 1, 2, {3, 3, 9}, common::v1::INVALID_UPDATE_VERSION},
      {topic_id, 0, 1, 2, 2, {2, 3, 3}, common::v1::INVALID_REQUEST},
      {topic_id, 0, 1, 2, 2, {2, 3, 9}, common::v1::INVALID_REQUEST},
      {topic_id, 0, 1, 2, 2, {3}, common::v1::INVALID_REQUEST},
      {topic_id, 0, 1, 2, 2, {2, 3}, common::v1::INELIGIBLE_REPLICA},
  };
  for (const auto& each : cases) {
    AlterPartitionRequest request = Ask(each.isr);
    request.set_broker_id(each.sender);
    request.set_broker_epoch(EpochOf(each.sender));
    request.mutable_topics(0)->set_topic_id(each.topic_id);
    First(&request)->set_partition(each.partition);
    First(&request)->set_leader_epoch(each.leader_epoch);
    First(&request)->set_partition_epoch(each.partition_epoch);
    EXPECT_EQ(CodeOf(request), each.code) << request.ShortDebugString();
  }
}

TEST_F(AlterPartitionTest, OfTwoChangesOfOnePartitionTheSecondFails) {
  auto request = Ask({1, 2, 3});
  *request.mutable_topics(0)->add_partitions() = *First(&request);
  const auto decision = Decide(request);
  const auto& topic = std::get<AlterPartitionResponse>(decision.answer).topics(0);
  EXPECT_FALSE(topic.partitions(0).has_error());
  EXPECT_EQ(topic.partitions(1).error().code(), common::v1::INVALID_REQUEST);
  cluster_.Apply(decision);
}

TEST_F(AlterPartitionTest, PartitionsSucceedAndFailOnTheirOwn) {
  auto request = Ask({1, 2, 3});
  auto* not_led = request.mutable_topics(0)->add_partitions();
  *not_led = *First(&request);
  not_led->set_partition(1);
  const auto decision = Decide(request);
  const auto& topic = std::get<AlterPartitionResponse>(decision.answer).topics(0);
  EXPECT_FALSE(topic.partitions(0).has_error());
  EXPECT_THAT(topic.partitions(1).error().message(), HasSubstr("does not lead"));
  EXPECT_EQ(decision.records.records_size(), 1);
}

}  // namespace
}  // namespace quorate::controller
