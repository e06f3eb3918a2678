#include "broker/isr_proposer.h"

#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/testing/manual_executor.h"
#include "broker/testing/fake_controller_channel.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "metadata/record_builders.h"
#include "metadata/testing/test_log.h"

namespace quorate::broker {
namespace {

using metadata::TestUuid;
using std::chrono::milliseconds;
using testing::ElementsAre;

// Broker 1 sends the proposals. Brokers 1, 2 and 3 hold replicas of everything, in this order, and
// broker 1 leads.
class IsrProposerTest : public testing::Test {
 protected:
  IsrProposerTest() {
    options_.broker_id = BrokerId(1);
    log_.MustAppend({metadata::MakeMetadataVersionRecord(1)});
    for (int id = 1; id <= 3; ++id) Register(id);
    Fence(1, false);
  }

  void Register(int id) {
    metadata::BrokerRegistration broker;
    broker.id = BrokerId(id);
    broker.incarnation_id = TestUuid(static_cast<uint16_t>(log_.end_offset()));
    broker.broker_epoch = log_.end_offset();
    broker.endpoint = {"localhost", 9092};
    log_.MustAppend({metadata::MakeRegisterBrokerRecord(broker)});
  }
  void Fence(int id, bool fenced) { Change(id, {.fenced = fenced, .in_controlled_shutdown = {}}); }
  void Change(int id, const metadata::BrokerChange& change) {
    log_.MustAppend(
        {metadata::MakeBrokerRegistrationChangeRecord(BrokerId(id), EpochOf(id), change)});
  }
  int64_t EpochOf(int id) const { return log_.image().FindBroker(BrokerId(id))->broker_epoch; }

  void CreateTopic(const std::string& name, uint16_t id, size_t partitions,
                   uint32_t isr_mask = 0b001, size_t leader_position = 0) {
    const std::vector<metadata::NewPartition> made(
        partitions, {{BrokerId(1), BrokerId(2), BrokerId(3)}, isr_mask, leader_position});
    log_.MustAppend({metadata::MakeTopicRecord(name, TestUuid(id)),
                     metadata::MakePartitionsRecord(TestUuid(id), 0, made)});
  }
  void ChangePartition(uint16_t topic, int32_t partition, uint32_t isr_mask,
                       size_t leader_position = 0) {
    const std::vector<metadata::PartitionChange> changes = {{partition, isr_mask, leader_position}};
    log_.MustAppend({metadata::MakePartitionChangesRecord(TestUuid(topic), changes)});
  }

  // Publishes the log so far to the proposer.
  void Publish() {
    proposer_.Begin(log_.image());
    while (proposer_.Step()) {
    }
    executor_.RunReady();
  }

  // Returns the oldest unanswered request, one line per partition.
  std::vector<std::string> Asked() const {
    std::vector<std::string> lines;
    for (const auto& topic : channel_.alterations.front().request.topics()) {
      for (const auto& partition : topic.partitions()) {
        std::string isr;
        for (const auto& member : partition.new_isr()) {
          isr += absl::StrFormat(" %d@%d", member.broker_id(), member.broker_epoch());
        }
        lines.push_back(absl::StrFormat(
            "%d-%d leader epoch %d, partition epoch %d:%s", topic.topic_id().back(),
            partition.partition(), partition.leader_epoch(), partition.partition_epoch(), isr));
      }
    }
    return lines;
  }
  // Answers that request: each partition is accepted, or refused with `code`.
  void AnswerAll(common::v1::ErrorCode code = common::v1::ERROR_CODE_UNSPECIFIED) {
    v1::AlterPartitionResponse response;
    for (const auto& topic : channel_.alterations.front().request.topics()) {
      auto& answered = *response.add_topics();
      answered.set_topic_id(topic.topic_id());
      for (const auto& partition : topic.partitions()) {
        auto& answer = *answered.add_partitions();
        answer.set_partition(partition.partition());
        if (code == common::v1::ERROR_CODE_UNSPECIFIED) {
          answer.set_partition_epoch(partition.partition_epoch() + 1);
        } else {
          *answer.mutable_error() = TestError(code);
        }
      }
    }
    channel_.Answer(channel_.alterations, {response});
    executor_.RunReady();
  }
  void OpenSession() { proposer_.OnSession(ActiveSession{"a", EpochOf(1), 1}); }

  BrokerOptions options_;
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  Rng rng_{1};
  FakeControllerChannel channel_{&executor_};
  metadata::TestLog log_;
  IsrProposer proposer_{options_, &executor_, &clock_, &rng_, &channel_};
};

TEST_F(IsrProposerTest, AReplicaInAFailedLogDirectoryIsNotAskedFor) {
  log_.MustAppend({metadata::MakeMetadataVersionRecord(3)});
  CreateTopic("orders", 1, 1);
  for (int id = 2; id <= 3; ++id) Fence(id, false);
  Change(3, {.log_directories = std::vector<Uuid>{TestUuid(0xA00)}});
  const auto assign = [&](const Uuid& directory) {
    const std::vector<metadata::PartitionChange> changes = {
        {.isr_mask = 0b001, .leader_position = 0, .directories = {Uuid(), Uuid(), directory}}};
    log_.MustAppend({metadata::MakePartitionChangesRecord(TestUuid(1), changes)});
  };
  assign(TestUuid(0xB00));
  OpenSession();
  Publish();
  EXPECT_THAT(Asked(),
              ElementsAre(absl::StrFormat("1-0 leader epoch 0, partition epoch 1: 1@%d 2@%d",
                                          EpochOf(1), EpochOf(2))));
  AnswerAll();
  assign(TestUuid(0xA00));
  Publish();
  EXPECT_THAT(Asked(),
              ElementsAre(absl::StrFormat("1-0 leader epoch 0, partition epoch 2: 1@%d 2@%d 3@%d",
                                          EpochOf(1), EpochOf(2), EpochOf(3))));
}

TEST_F(IsrProposerTest, AReplicaThatAReassignmentAddsIsAskedForUntilAnotherBrokerLeads) {
  log_.MustAppend({metadata::MakeMetadataVersionRecord(2)});
  CreateTopic("orders", 1, 1, 0b111);
  Register(4);
  for (int id = 2; id <= 4; ++id) Fence(id, false);
  OpenSession();
  Publish();
  EXPECT_TRUE(channel_.alterations.empty());
  // Broker 4 replaces broker 1.
  const auto change = [&](const metadata::PartitionChange& to) {
    log_.MustAppend({metadata::MakePartitionChangesRecord(
        TestUuid(1), std::vector<metadata::PartitionChange>{to})});
  };
  change({.isr_mask = 0b1110,
          .leader_position = 3,
          .replicas = {BrokerId(4), BrokerId(2), BrokerId(3), BrokerId(1)},
          .extras = metadata::PartitionExtras{.adding_mask = 0b0001, .removing_mask = 0b1000}});
  Publish();
  EXPECT_THAT(Asked(), ElementsAre(absl::StrFormat(
                           "1-0 leader epoch 0, partition epoch 1: 4@%d 2@%d 3@%d 1@%d", EpochOf(4),
                           EpochOf(2), EpochOf(3), EpochOf(1))));
  // That completes the reassignment, so the proposal is not repeated while the image is older.
  AnswerAll(common::v1::NEW_LEADER_ELECTED);
  executor_.AdvanceBy(std::chrono::seconds(60));
  EXPECT_TRUE(channel_.alterations.empty());
  change({.isr_mask = 0b111,
          .leader_position = 0,
          .replicas = {BrokerId(4), BrokerId(2), BrokerId(3)}});
  Publish();
  EXPECT_TRUE(channel_.alterations.empty());
}

TEST_F(IsrProposerTest, AnUnfencedReplicaOutsideTheIsrIsAskedForWithItsBrokerEpoch) {
  CreateTopic("orders", 1, 1);
  OpenSession();
  Publish();
  EXPECT_TRUE(channel_.alterations.empty()) << "2 and 3 are fenced";
  Fence(2, false);
  Publish();
  ASSERT_EQ(channel_.alterations.size(), 1u);
  EXPECT_EQ(channel_.alterations[0].endpoint, "a");
  EXPECT_EQ(channel_.alterations[0].request.broker_id(), 1);
  EXPECT_EQ(channel_.alterations[0].request.broker_epoch(), EpochOf(1));
  EXPECT_THAT(Asked(),
              ElementsAre(absl::StrFormat("1-0 leader epoch 0, partition epoch 0: 1@%d 2@%d",
                                          EpochOf(1), EpochOf(2))));
}

TEST_F(IsrProposerTest, AllPartitionsGoInOneRequest) {
  CreateTopic("orders", 1, 2);
  CreateTopic("payments", 2, 1);
  Publish();
  OpenSession();
  Fence(2, false);
  Fence(3, false);
  Publish();
  ASSERT_EQ(channel_.alterations.size(), 1u);
  EXPECT_EQ(Asked().size(), 3u);
  EXPECT_EQ(channel_.alterations[0].request.topics_size(), 2);
}

TEST_F(IsrProposerTest, AsksOnlyForWhatItLeads) {
  CreateTopic("orders", 1, 1, 0b010, 1);
  Fence(2, false);
  OpenSession();
  Publish();
  EXPECT_TRUE(channel_.alterations.empty());
}

TEST_F(IsrProposerTest, ABrokerInControlledShutdownIsNotAskedFor) {
  CreateTopic("orders", 1, 1);
  Fence(2, false);
  Change(2, {.fenced = {}, .in_controlled_shutdown = true});
  OpenSession();
  Publish();
  EXPECT_TRUE(channel_.alterations.empty());
}

TEST_F(IsrProposerTest, WaitsForASession) {
  CreateTopic("orders", 1, 1);
  Fence(2, false);
  Publish();
  EXPECT_TRUE(channel_.alterations.empty());
  OpenSession();
  EXPECT_EQ(channel_.alterations.size(), 1u);
}

TEST_F(IsrProposerTest, WaitsForItsOwnRegistration) {
  CreateTopic("orders", 1, 1);
  Fence(2, false);
  Publish();
  proposer_.OnSession(ActiveSession{"a", log_.end_offset(), 1});
  EXPECT_TRUE(channel_.alterations.empty()) << "the image is from before it";
  Register(1);
  Publish();
  ASSERT_EQ(channel_.alterations.size(), 1u);
}

TEST_F(IsrProposerTest, OneRequestInFlightAndTheNextFromTheNewestImage) {
  CreateTopic("orders", 1, 1);
  Fence(2, false);
  OpenSession();
  Publish();
  Fence(3, false);
  Publish();
  ASSERT_EQ(channel_.alterations.size(), 1u);
  ChangePartition(1, 0, 0b011);
  Publish();
  AnswerAll();
  ASSERT_EQ(channel_.alterations.size(), 1u);
  EXPECT_THAT(Asked(),
              ElementsAre(absl::StrFormat("1-0 leader epoch 0, partition epoch 1: 1@%d 2@%d 3@%d",
                                          EpochOf(1), EpochOf(2), EpochOf(3))));
}

TEST_F(IsrProposerTest, WhatWasAcceptedIsNotAskedForAgainBeforeTheImageShowsIt) {
  CreateTopic("orders", 1, 1);
  Fence(2, false);
  OpenSession();
  Publish();
  AnswerAll();
  Fence(3, false);
  Publish();
  EXPECT_TRUE(channel_.alterations.empty());
  ChangePartition(1, 0, 0b011);
  Publish();
  ASSERT_EQ(channel_.alterations.size(), 1u);
  EXPECT_EQ(channel_.alterations[0].request.topics(0).partitions(0).new_isr_size(), 3);
}

TEST_F(IsrProposerTest, ARefusedProposalIsMadeAgainAfterAPause) {
  CreateTopic("orders", 1, 1);
  Fence(2, false);
  OpenSession();
  Publish();
  AnswerAll(common::v1::INELIGIBLE_REPLICA);
  EXPECT_TRUE(channel_.alterations.empty());
  executor_.AdvanceBy(milliseconds(50));
  ASSERT_EQ(channel_.alterations.size(), 1u);
  AnswerAll();
  EXPECT_TRUE(channel_.alterations.empty());
}

TEST_F(IsrProposerTest, AFailedRequestIsMadeAgainAfterAPauseOrWithTheNextSession) {
  CreateTopic("orders", 1, 1);
  Fence(2, false);
  OpenSession();
  Publish();
  channel_.Answer(channel_.alterations, {TestError(common::v1::CONTROLLER_NOT_AVAILABLE)});
  executor_.RunReady();
  EXPECT_TRUE(channel_.alterations.empty());
  executor_.AdvanceBy(milliseconds(50));
  ASSERT_EQ(channel_.alterations.size(), 1u);
  channel_.Answer(channel_.alterations, {TestError(common::v1::NOT_CONTROLLER)});
  executor_.RunReady();
  proposer_.OnSession(std::nullopt);
  proposer_.OnSession(ActiveSession{"b", EpochOf(1), 2});
  ASSERT_EQ(channel_.alterations.size(), 1u);
  EXPECT_EQ(channel_.alterations[0].endpoint, "b");
}

TEST_F(IsrProposerTest, WhatTheImageNoLongerCallsForIsDropped) {
  CreateTopic("orders", 1, 4);
  CreateTopic("payments", 2, 1);
  Fence(2, false);
  OpenSession();
  Publish();
  ASSERT_EQ(Asked().size(), 5u);
  AnswerAll(common::v1::INVALID_UPDATE_VERSION);
  ChangePartition(1, 0, 0b011);     // in sync in the meantime
  ChangePartition(1, 1, 0b010, 1);  // another broker leads
  log_.MustAppend({metadata::MakeRemoveTopicRecord(TestUuid(2))});
  Publish();
  executor_.AdvanceBy(milliseconds(50));
  ASSERT_EQ(channel_.alterations.size(), 1u);
  EXPECT_EQ(Asked().size(), 2u) << "orders-2 and orders-3";
  AnswerAll(common::v1::INELIGIBLE_REPLICA);
  Fence(2, true);
  Publish();
  executor_.AdvanceBy(std::chrono::seconds(10));
  EXPECT_TRUE(channel_.alterations.empty()) << "fenced again";
}

TEST_F(IsrProposerTest, ManyPartitionsGoInSeveralRequests) {
  CreateTopic("orders", 1, IsrProposer::kMaxPartitionsPerRequest + 1);
  Fence(2, false);
  OpenSession();
  Publish();
  EXPECT_EQ(Asked().size(), static_cast<size_t>(IsrProposer::kMaxPartitionsPerRequest));
  AnswerAll();
  ASSERT_EQ(channel_.alterations.size(), 1u);
  EXPECT_EQ(Asked().size(), 1u);
}

}  // namespace
}  // namespace quorate::broker
