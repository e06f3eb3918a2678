#include "broker/role_manager.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/testing/log_lines.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "metadata/record_builders.h"
#include "metadata/testing/test_log.h"

namespace quorate::broker {
namespace {

using metadata::NewPartition;
using metadata::PartitionChange;
using metadata::TestLog;
using metadata::TestUuid;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr uint16_t kOrders = 1;

class RoleManagerTest : public testing::Test {
 protected:
  RoleManagerTest() {
    log_.MustAppend({metadata::MakeMetadataVersionRecord(1)});
    for (uint16_t id = 1; id <= 3; ++id) Register(id, id);
  }

  void Register(int32_t id, uint16_t incarnation) {
    metadata::BrokerRegistration broker;
    broker.id = BrokerId(id);
    broker.incarnation_id = TestUuid(incarnation);
    broker.broker_epoch = log_.end_offset();
    broker.endpoint = {"localhost", 9092};
    log_.MustAppend({metadata::MakeRegisterBrokerRecord(broker)});
  }

  // Creates a topic. Replicas are in order of preference, the first one leads, and all are in sync.
  void CreateTopic(const std::string& name, uint16_t id,
                   const std::vector<std::vector<int32_t>>& assignments) {
    std::vector<NewPartition> partitions;
    for (const auto& replicas : assignments) {
      NewPartition& partition = partitions.emplace_back();
      for (const int32_t replica : replicas) partition.replicas.emplace_back(replica);
      partition.isr_mask = (1u << replicas.size()) - 1;
      partition.leader_position = 0;
    }
    log_.MustAppend({metadata::MakeTopicRecord(name, TestUuid(id)),
                     metadata::MakePartitionsRecord(TestUuid(id), 0, partitions)});
  }
  void Change(uint16_t topic, int32_t partition, uint32_t isr_mask,
              std::optional<size_t> leader_position) {
    const std::vector<PartitionChange> changes = {{partition, isr_mask, leader_position}};
    log_.MustAppend({metadata::MakePartitionChangesRecord(TestUuid(topic), changes)});
  }

  // Gives a partition new replicas, of which the one at this position leads.
  void Reassign(uint16_t topic, int32_t partition, const std::vector<int32_t>& replicas,
                size_t leader_position) {
    PartitionChange change{.partition = partition,
                           .isr_mask = 1u << leader_position,
                           .leader_position = leader_position};
    for (const int32_t replica : replicas) change.replicas.emplace_back(replica);
    const std::vector<PartitionChange> changes = {change};
    log_.MustAppend({metadata::MakeMetadataVersionRecord(2),
                     metadata::MakePartitionChangesRecord(TestUuid(topic), changes)});
  }

  // Returns what changed since the last call, one line per role.
  std::vector<std::string> Update() { return Update(log_.image()); }
  std::vector<std::string> Update(const metadata::MetadataImage& image) {
    return TakeUp(roles_, image);
  }
  static std::vector<std::string> TakeUp(RoleManager& roles, const metadata::MetadataImage& image) {
    std::vector<std::string> lines;
    roles.Begin(image);
    while (roles.Step([&](const RoleChange& change) { lines.push_back(LineOf(change)); })) {
    }
    return lines;
  }
  static std::string LineOf(const RoleChange& change) {
    const Role& role = change.now ? *change.now : *change.before;
    const v1::Role what = !change.now                  ? v1::ROLE_UNSPECIFIED
                          : role.leader == BrokerId(2) ? v1::ROLE_LEADER
                                                       : v1::ROLE_FOLLOWER;
    return absl::StrFormat("%s-%d %s of %d in epoch %d", change.topic.name(), change.partition,
                           v1::Role_Name(what), role.leader ? role.leader->value() : -1,
                           role.leader_epoch);
  }
  static std::vector<std::string> Lines(const std::vector<v1::PartitionRole>& roles) {
    std::vector<std::string> lines;
    for (const v1::PartitionRole& role : roles) {
      lines.push_back(absl::StrFormat("%s-%d %s of %d in epoch %d", role.topic(), role.partition(),
                                      v1::Role_Name(role.role()), role.leader_id(),
                                      role.leader_epoch()));
    }
    return lines;
  }

  TestLog log_;
  RoleManager roles_{BrokerId(2), TestUuid(2)};
};

TEST_F(RoleManagerTest, TakesUpTheRolesOfANewTopic) {
  CreateTopic("orders", kOrders, {{1, 2}, {2, 1}, {1, 3}});
  EXPECT_THAT(Update(), ElementsAre("orders-0 ROLE_FOLLOWER of 1 in epoch 0",
                                    "orders-1 ROLE_LEADER of 2 in epoch 0"));
  EXPECT_EQ(roles_.leader_count(), 1u);
  EXPECT_EQ(roles_.follower_count(), 1u);
  ASSERT_EQ(roles_.List().size(), 2u);
  EXPECT_EQ(roles_.List()[1].metadata_end_offset(), log_.end_offset());
  EXPECT_EQ(roles_.List()[1].topic_id(), TestUuid(kOrders).bytes());
}

TEST_F(RoleManagerTest, FollowsALeaderThroughItsChanges) {
  CreateTopic("orders", kOrders, {{1, 2, 3}});
  Update();
  Change(kOrders, 0, 0b110, 1);
  EXPECT_THAT(Update(), ElementsAre("orders-0 ROLE_LEADER of 2 in epoch 1"));
  Change(kOrders, 0, 0b100, 2);
  EXPECT_THAT(Update(), ElementsAre("orders-0 ROLE_FOLLOWER of 3 in epoch 2"));
  Change(kOrders, 0, 0b100, std::nullopt);
  EXPECT_THAT(Update(), ElementsAre("orders-0 ROLE_FOLLOWER of -1 in epoch 3"));
  EXPECT_EQ(roles_.leader_count(), 0u);
  EXPECT_EQ(roles_.follower_count(), 1u);
}

TEST_F(RoleManagerTest, TakesUpAndGivesUpRolesWithItsReplicas) {
  CreateTopic("orders", kOrders, {{1, 3}, {2, 1}, {1, 2}});
  Update();
  Reassign(kOrders, 0, {1, 2}, 0);
  Reassign(kOrders, 1, {1, 3}, 0);
  Reassign(kOrders, 2, {2, 1}, 0);
  EXPECT_THAT(Update(), ElementsAre("orders-0 ROLE_FOLLOWER of 1 in epoch 0",
                                    "orders-1 ROLE_UNSPECIFIED of 2 in epoch 0",
                                    "orders-2 ROLE_LEADER of 2 in epoch 1"));
  EXPECT_THAT(Lines(roles_.List()), ElementsAre("orders-0 ROLE_FOLLOWER of 1 in epoch 0",
                                                "orders-2 ROLE_LEADER of 2 in epoch 1"));
  EXPECT_EQ(roles_.leader_count(), 1u);
  EXPECT_EQ(roles_.follower_count(), 1u);
  EXPECT_EQ(roles_.List()[0].metadata_end_offset(), log_.end_offset());
  Reassign(kOrders, 0, {1}, 0);
  Reassign(kOrders, 2, {1}, 0);
  EXPECT_THAT(Update(), ElementsAre("orders-0 ROLE_UNSPECIFIED of 1 in epoch 0",
                                    "orders-2 ROLE_UNSPECIFIED of 2 in epoch 1"));
  EXPECT_THAT(roles_.List(), IsEmpty());
  Reassign(kOrders, 1, {2}, 0);
  EXPECT_THAT(Update(), ElementsAre("orders-1 ROLE_LEADER of 2 in epoch 2"));
}

// Nothing that concerns the broker changes, so its role does not.
TEST_F(RoleManagerTest, NewReplicasOfOtherBrokersAreNoTransition) {
  CreateTopic("orders", kOrders, {{2, 1}});
  Update();
  Reassign(kOrders, 0, {3, 2}, 1);
  EXPECT_THAT(Update(), IsEmpty());
  EXPECT_THAT(Lines(roles_.List()), ElementsAre("orders-0 ROLE_LEADER of 2 in epoch 0"));
}

TEST_F(RoleManagerTest, AnIsrChangeIsNoTransition) {
  CreateTopic("orders", kOrders, {{2, 1, 3}});
  Update();
  const int64_t taken_at = roles_.List()[0].metadata_end_offset();
  Change(kOrders, 0, 0b011, 0);
  EXPECT_THAT(Update(), IsEmpty());
  EXPECT_EQ(roles_.List()[0].metadata_end_offset(), taken_at);
}

TEST_F(RoleManagerTest, GivesUpTheRolesOfADeletedTopic) {
  CreateTopic("orders", kOrders, {{1, 2}, {2, 1}});
  CreateTopic("payments", 2, {{2, 1}});
  Update();
  log_.MustAppend({metadata::MakeRemoveTopicRecord(TestUuid(kOrders))});
  EXPECT_THAT(Update(), ElementsAre("orders-0 ROLE_UNSPECIFIED of 1 in epoch 0",
                                    "orders-1 ROLE_UNSPECIFIED of 2 in epoch 0"));
  EXPECT_THAT(Lines(roles_.List()), ElementsAre("payments-0 ROLE_LEADER of 2 in epoch 0"));
  EXPECT_EQ(roles_.leader_count(), 1u);
}

TEST_F(RoleManagerTest, ATopicThatWasDeletedAndMadeAnewIsAnother) {
  CreateTopic("orders", kOrders, {{2, 1}});
  Update();
  log_.MustAppend({metadata::MakeRemoveTopicRecord(TestUuid(kOrders))});
  CreateTopic("orders", 9, {{1, 2}});
  EXPECT_THAT(Update(), ElementsAre("orders-0 ROLE_UNSPECIFIED of 2 in epoch 0",
                                    "orders-0 ROLE_FOLLOWER of 1 in epoch 0"));
}

TEST_F(RoleManagerTest, SeveralBatchesAtOnceAreOneTransition) {
  CreateTopic("orders", kOrders, {{1, 2, 3}});
  Update();
  Change(kOrders, 0, 0b110, 1);
  Change(kOrders, 0, 0b100, 2);
  EXPECT_THAT(Update(), ElementsAre("orders-0 ROLE_FOLLOWER of 3 in epoch 2"));
}

TEST_F(RoleManagerTest, ListsByTopicNameThenPartition) {
  CreateTopic("b", 1, {{2}, {2}});
  CreateTopic("a", 2, {{2}});
  Update();
  EXPECT_THAT(Lines(roles_.List()),
              ElementsAre("a-0 ROLE_LEADER of 2 in epoch 0", "b-0 ROLE_LEADER of 2 in epoch 0",
                          "b-1 ROLE_LEADER of 2 in epoch 0"));
}

TEST_F(RoleManagerTest, RolesOfAnotherIncarnationAreNotTakenUp) {
  CreateTopic("orders", kOrders, {{2, 1}});
  RoleManager newcomer(BrokerId(2), TestUuid(22));
  EXPECT_THAT(TakeUp(newcomer, log_.image()), IsEmpty());
  EXPECT_THAT(newcomer.List(), IsEmpty());
  Register(2, 22);
  EXPECT_THAT(TakeUp(newcomer, log_.image()), ElementsAre("orders-0 ROLE_LEADER of 2 in epoch 0"));
}

TEST_F(RoleManagerTest, GivesUpEverythingToALaterIncarnation) {
  CreateTopic("orders", kOrders, {{2, 1}, {1, 2}});
  Update();
  Register(2, 22);
  EXPECT_THAT(Update(), ElementsAre("orders-0 ROLE_UNSPECIFIED of 2 in epoch 0",
                                    "orders-1 ROLE_UNSPECIFIED of 1 in epoch 0"));
  EXPECT_THAT(roles_.List(), IsEmpty());
  EXPECT_EQ(roles_.leader_count() + roles_.follower_count(), 0u);
  CreateTopic("payments", 2, {{2, 1}});
  EXPECT_THAT(Update(), IsEmpty());
}

TEST_F(RoleManagerTest, FitsTheRolesToALogThatReplacedTheOldOne) {
  // The restored log has the same topic with fewer partitions and an earlier leader epoch, and
  // lacks another topic.
  CreateTopic("orders", kOrders, {{1, 2}});
  const TestLog restored = log_;
  const std::vector<NewPartition> more = {{{BrokerId(2)}, 0b1, 0}};
  log_.MustAppend({metadata::MakePartitionsRecord(TestUuid(kOrders), 1, more)});
  CreateTopic("payments", 2, {{2, 1}});
  Change(kOrders, 0, 0b10, 1);
  Update();
  ASSERT_EQ(roles_.leader_count(), 3u);
  Update(restored.image());
  EXPECT_THAT(Lines(roles_.List()), ElementsAre("orders-0 ROLE_FOLLOWER of 1 in epoch 0"));
  EXPECT_EQ(roles_.leader_count(), 0u);
  EXPECT_EQ(roles_.follower_count(), 1u);
}

TEST_F(RoleManagerTest, LogsALineForEachOfAFewChanges) {
  CreateTopic("orders", kOrders, {{1, 2}, {2, 1}});
  LogLines log;
  Update();
  EXPECT_THAT(log.lines,
              ElementsAre("became follower of orders-0 at leader epoch 0 of broker 1, offset 7, "
                          "previously nothing",
                          "became leader of orders-1 at leader epoch 0, offset 7, previously "
                          "nothing"));
  Change(kOrders, 1, 0b10, std::nullopt);
  log_.MustAppend({metadata::MakeRemoveTopicRecord(TestUuid(kOrders))});
  log.lines.clear();
  Update();
  EXPECT_THAT(log.lines, ElementsAre("gave up orders-0 at offset 9, previously follower at leader "
                                     "epoch 0",
                                     "gave up orders-1 at offset 9, previously leader at leader "
                                     "epoch 0"));
}

TEST_F(RoleManagerTest, LogsManyChangesAsOneSum) {
  CreateTopic("orders", kOrders, std::vector<std::vector<int32_t>>(1000, {2, 1}));
  CreateTopic("payments", 2, std::vector<std::vector<int32_t>>(500, {1, 2}));
  LogLines log;
  EXPECT_EQ(Update().size(), 1500u);
  EXPECT_THAT(log.lines, ElementsAre("changed 1500 roles at offset 1506: became leader of 1000 and "
                                     "follower of 500 partitions, gave up 0"));
  log_.MustAppend({metadata::MakeRemoveTopicRecord(TestUuid(kOrders))});
  log.lines.clear();
  Update();
  EXPECT_THAT(log.lines, ElementsAre("changed 1000 roles at offset 1507: became leader of 0 and "
                                     "follower of 0 partitions, gave up 1000"));
}

TEST_F(RoleManagerTest, TakesUpManyRolesInSeveralSteps) {
  constexpr size_t kPartitions = 100'000;
  CreateTopic("orders", kOrders, std::vector<std::vector<int32_t>>(kPartitions, {2, 1}));
  roles_.Begin(log_.image());
  size_t most_in_a_step = 0;
  size_t in_step = 0;
  while (roles_.Step([&](const RoleChange&) { ++in_step; })) {
    most_in_a_step = std::max(most_in_a_step, std::exchange(in_step, 0));
  }
  EXPECT_LE(most_in_a_step, 20'000u);
  EXPECT_EQ(roles_.leader_count(), kPartitions);
}

}  // namespace
}  // namespace quorate::broker
