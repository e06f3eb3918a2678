#include "controller/decide/partitions/assign_replicas.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "controller/decide/partitions/alter_reassignments.h"
#include "controller/testing/decision_fixture.h"
#include "metadata/directory_id.h"

namespace quorate::controller {
namespace {

using broker::v1::AssignReplicasToDirsRequest;
using broker::v1::AssignReplicasToDirsResponse;
using common::v1::Error;
using metadata::TestUuid;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Uuid kA = TestUuid(0xA00);
const Uuid kB = TestUuid(0xB00);
const Uuid kForeign = TestUuid(0xF00);

// Brokers 1 and 2 have the log directories A and B, and C and D. Broker 3 does not say which it
// has.
class AssignReplicasTest : public ::testing::Test {
 protected:
  AssignReplicasTest() {
    cluster_.UpgradeTo(metadata::kLatestMetadataVersion);
    cluster_.StartWith(1, {kA, kB});
    cluster_.StartWith(2, {TestUuid(0xC00), TestUuid(0xD00)});
    cluster_.Register(3);
    cluster_.Heartbeat(3);
    cluster_.Create("t", {{1, 2}, {2, 3}});
  }

  AssignReplicasToDirsRequest Ask(const Uuid& directory, int32_t index = 0) {
    return cluster_.AssignmentOf(1, "t", index, directory);
  }
  Decision<AssignReplicasToDirsResponse> Decide(const AssignReplicasToDirsRequest& request) {
    return DecideAssignReplicasToDirs(cluster_.view(), request, cluster_.context());
  }
  // Returns the error of the first replica.
  common::v1::ErrorCode CodeOf(const AssignReplicasToDirsRequest& request) {
    const auto decision = Decide(request);
    EXPECT_THAT(decision.records.records(), IsEmpty());
    const auto& response = std::get<AssignReplicasToDirsResponse>(decision.answer);
    return response.directories(0).topics(0).partitions(0).error().code();
  }
  common::v1::ErrorCode RefusalOf(const AssignReplicasToDirsRequest& request) {
    const auto decision = Decide(request);
    EXPECT_THAT(decision.records.records(), IsEmpty());
    return std::get<Error>(decision.answer).code();
  }
  metadata::PartitionView PartitionOf(const std::string& topic, int32_t index = 0) {
    return cluster_.image().FindTopicByName(topic)->partition(index);
  }
  std::string Partition(const std::string& topic, int32_t index = 0) {
    return ToText(PartitionOf(topic, index));
  }

  DecisionFixture cluster_;
};

TEST_F(AssignReplicasTest, AReplicaInAnOnlineDirectoryStaysInTheIsr) {
  cluster_.Assign(1, "t", 0, kA);
  EXPECT_EQ(PartitionOf("t").directory(0), kA);
  EXPECT_EQ(PartitionOf("t").directory(1), std::nullopt);
  EXPECT_EQ(Partition("t"), "leader 1, isr 1,2 of 1,2, epochs 0/1");
  EXPECT_FALSE(PartitionOf("t", 1).has_directories());
}

TEST_F(AssignReplicasTest, TheSameDirectoryAgainWritesNothing) {
  cluster_.Assign(1, "t", 0, kA);
  EXPECT_THAT(Decide(Ask(kA)).records.records(), IsEmpty());
  cluster_.Assign(1, "t", 0, kB);
  EXPECT_EQ(PartitionOf("t").directory(0), kB);
}

TEST_F(AssignReplicasTest, AReplicaInADirectoryThatIsNotOnlineIsTreatedAsOffline) {
  for (const Uuid& directory : {metadata::kLostDirectoryId, kForeign}) {
    DecisionFixture before = cluster_;
    const auto decision = Decide(Ask(directory));
    EXPECT_EQ(decision.settled.leaders_moved, 1);
    EXPECT_EQ(decision.election_cause, ElectionCause::kLogDirectory);
    cluster_.Apply(decision);
    EXPECT_EQ(Partition("t"), "leader 2, isr 2 of 1,2, epochs 1/1") << directory.ToString();
    EXPECT_EQ(PartitionOf("t").directory(0), directory);
    cluster_ = before;
  }
}

TEST_F(AssignReplicasTest, TheLastIsrMemberLosesItsLeadershipAndGetsItBack) {
  cluster_.Create("alone", {{1}});
  cluster_.Assign(1, "alone", 0, metadata::kLostDirectoryId);
  EXPECT_EQ(Partition("alone"), "no leader, isr 1 of 1, epochs 1/1");
  cluster_.Assign(1, "alone", 0, kB);
  EXPECT_EQ(Partition("alone"), "leader 1, isr 1 of 1, epochs 2/2");
}

TEST_F(AssignReplicasTest, AnAssignmentCanBeTakenBack) {
  cluster_.Assign(1, "t", 0, kA);
  cluster_.Assign(1, "t", 0, metadata::kUnassignedDirectoryId);
  EXPECT_FALSE(PartitionOf("t").has_directories());
  cluster_.Assign(1, "t", 0, kA);
  cluster_.Assign(1, "t", 0, Uuid());
  EXPECT_FALSE(PartitionOf("t").has_directories());
}

TEST_F(AssignReplicasTest, TheOnlyDirectoryIsNotStored) {
  cluster_.Assign(1, "t", 0, kA);
  cluster_.StartWith(1, {kA}, /*life=*/2);
  EXPECT_THAT(PartitionOf("t").directory(0), kA);
  cluster_.Assign(1, "t", 0, kA);
  EXPECT_FALSE(PartitionOf("t").has_directories());
  EXPECT_THAT(Decide(Ask(kA)).records.records(), IsEmpty());
}

TEST_F(AssignReplicasTest, ABrokerThatNamesNoDirectoriesMayUseAny) {
  cluster_.Assign(3, "t", 1, kForeign);
  EXPECT_EQ(PartitionOf("t", 1).directory(1), kForeign);
  EXPECT_EQ(Partition("t", 1), "leader 2, isr 2,3 of 2,3, epochs 0/1");
  cluster_.Assign(3, "t", 1, metadata::kLostDirectoryId);
  EXPECT_EQ(Partition("t", 1), "leader 2, isr 2 of 2,3, epochs 0/2");
}

TEST_F(AssignReplicasTest, AFencedBrokerAssignsWithoutJoiningAnIsr) {
  cluster_.Fence({BrokerId(1)});
  cluster_.Assign(1, "t", 0, kA);
  EXPECT_EQ(Partition("t"), "leader 2, isr 2 of 1,2, epochs 1/2");
}

TEST_F(AssignReplicasTest, AStaleBrokerEpochRefusesTheRequest) {
  auto request = Ask(kA);
  request.set_broker_epoch(request.broker_epoch() - 1);
  EXPECT_EQ(RefusalOf(request), common::v1::STALE_BROKER_EPOCH);
  request = Ask(kA);
  request.set_broker_id(9);
  EXPECT_EQ(RefusalOf(request), common::v1::STALE_BROKER_EPOCH);
}

TEST_F(AssignReplicasTest, ItNeedsMetadataVersion3) {
  DecisionFixture old;
  old.UpgradeTo(2);
  old.StartWith(1, {kA, kB});
  old.Create("t", {{1}});
  const auto decision =
      DecideAssignReplicasToDirs(old.view(), old.AssignmentOf(1, "t", 0, kA), old.context());
  const Error& error = std::get<Error>(decision.answer);
  EXPECT_EQ(error.code(), common::v1::UNSUPPORTED_VERSION);
  EXPECT_THAT(error.message(), HasSubstr("metadata version 3"));
}

TEST_F(AssignReplicasTest, EachReplicaHasItsError) {
  auto* const wrong = "0123456789abcdef";
  auto request = Ask(kA);
  request.mutable_directories(0)->mutable_topics(0)->set_topic_id(wrong);
  EXPECT_EQ(CodeOf(request), common::v1::UNKNOWN_TOPIC_ID);
  EXPECT_EQ(CodeOf(Ask(kA, 2)), common::v1::UNKNOWN_TOPIC_OR_PARTITION);
  EXPECT_EQ(CodeOf(Ask(kA, -1)), common::v1::UNKNOWN_TOPIC_OR_PARTITION);
  EXPECT_EQ(CodeOf(Ask(kA, 1)), common::v1::NOT_LEADER_OR_FOLLOWER);
  EXPECT_EQ(CodeOf(Ask(TestUuid(3))), common::v1::INVALID_REQUEST);
  EXPECT_EQ(CodeOf(Ask(TestUuid(99))), common::v1::INVALID_REQUEST);
  request = Ask(kA);
  request.mutable_directories(0)->set_id("short");
  EXPECT_EQ(CodeOf(request), common::v1::INVALID_REQUEST);
}

TEST_F(AssignReplicasTest, ReplicasSucceedAndFailOnTheirOwn) {
  auto request = Ask(kA);
  request.mutable_directories(0)->mutable_topics(0)->add_partitions(1);
  *request.add_directories() = request.directories(0);
  request.mutable_directories(1)->set_id(std::string(kB.bytes()));
  const auto decision = Decide(request);
  const auto& response = std::get<AssignReplicasToDirsResponse>(decision.answer);
  ASSERT_EQ(response.directories_size(), 2);
  const auto& in_a = response.directories(0).topics(0);
  EXPECT_FALSE(in_a.partitions(0).has_error());
  EXPECT_EQ(in_a.partitions(1).error().code(), common::v1::NOT_LEADER_OR_FOLLOWER);
  EXPECT_EQ(in_a.partitions(1).partition(), 1);
  EXPECT_EQ(response.directories(1).id(), kB.bytes());
  EXPECT_EQ(response.directories(1).topics(0).partitions(0).error().message(),
            "the request assigns this replica twice; name it once");
  cluster_.Apply(decision);
  EXPECT_EQ(PartitionOf("t").directory(0), kA);
}

TEST_F(AssignReplicasTest, OneRecordCanMixReplicasWithAndWithoutDirectories) {
  cluster_.Create("u", {{1, 2}, {1, 2}, {1, 2}});
  cluster_.Assign(1, "u", 0, kA);
  auto request = cluster_.AssignmentOf(1, "u", 0, metadata::kUnassignedDirectoryId);
  auto* of_b = request.add_directories();
  *of_b = request.directories(0);
  of_b->set_id(std::string(metadata::kLostDirectoryId.bytes()));
  of_b->mutable_topics(0)->set_partitions(0, 2);
  cluster_.Apply(Decide(request));
  EXPECT_FALSE(PartitionOf("u", 0).has_directories());
  EXPECT_EQ(Partition("u", 2), "leader 2, isr 2 of 1,2, epochs 1/1");
}

TEST_F(AssignReplicasTest, ADirectoryMovesWithItsReplicaThroughAReassignment) {
  cluster_.Assign(1, "t", 0, kA);
  admin::v1::AlterPartitionReassignmentsRequest request;
  auto* topic = request.add_topics();
  topic->mutable_topic()->set_name("t");
  auto* target = topic->add_partitions()->mutable_target();
  for (const int32_t id : {2, 1}) target->add_broker_ids(id);
  cluster_.Apply(DecideAlterPartitionReassignments(cluster_.view(), request, cluster_.context()));
  EXPECT_EQ(PartitionOf("t").directory(1), kA);
}

TEST_F(AssignReplicasTest, RequestsAreLimitedInCount) {
  auto request = Ask(kA);
  EXPECT_FALSE(CheckSize(request, {.max_items = 1, .max_partitions = 1}).has_value());
  request.mutable_directories(0)->mutable_topics(0)->add_partitions(1);
  EXPECT_EQ(CheckSize(request, {.max_items = 1, .max_partitions = 1})->code(),
            common::v1::POLICY_VIOLATION);
  request.mutable_directories(0)->add_topics();
  EXPECT_THAT(CheckSize(request, {.max_items = 1, .max_partitions = 9})->message(),
              HasSubstr("2 topics"));
  request.add_directories();
  EXPECT_THAT(CheckSize(request, {.max_items = 1, .max_partitions = 9})->message(),
              HasSubstr("2 log directories"));
  EXPECT_FALSE(IsLarge(request, cluster_.image()));
  for (int i = 0; i < 5'000; ++i) {
    request.mutable_directories(0)->mutable_topics(0)->add_partitions(i);
  }
  EXPECT_TRUE(IsLarge(request, cluster_.image()));
}

}  // namespace
}  // namespace quorate::controller
