#include "controller/decide/partitions/alter_reassignments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/random.h"
#include "controller/decide/partitions/partition_decisions.h"
#include "controller/decide/partitions/reassignment.h"
#include "controller/decide/request_ids.h"
#include "controller/testing/decision_fixture.h"

namespace quorate::controller {
namespace {

using admin::v1::AlterPartitionReassignmentsRequest;
using admin::v1::AlterPartitionReassignmentsResponse;
using broker::v1::AlterPartitionRequest;
using broker::v1::AlterPartitionResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Ids = std::vector<int32_t>;

// Brokers 1 to 7 at metadata version 2.
class ReassignmentTest : public ::testing::Test {
 protected:
  ReassignmentTest() {
    cluster_.UpgradeTo(2);
    cluster_.StartBrokers(7);
  }

  // Adds a partition to the request. Without a target, its reassignment is cancelled.
  static void Add(AlterPartitionReassignmentsRequest* request, const std::string& topic,
                  int32_t partition, const std::optional<Ids>& target) {
    const bool same_topic =
        !request->topics().empty() && request->topics().rbegin()->topic().name() == topic;
    auto* entry =
        same_topic ? request->mutable_topics(request->topics_size() - 1) : request->add_topics();
    entry->mutable_topic()->set_name(topic);
    auto* wanted = entry->add_partitions();
    wanted->set_partition(partition);
    if (target) {
      wanted->mutable_target()->mutable_broker_ids()->Add(target->begin(), target->end());
    }
  }
  static AlterPartitionReassignmentsRequest Request(const std::string& topic, int32_t partition,
                                                    const std::optional<Ids>& target) {
    AlterPartitionReassignmentsRequest request;
    Add(&request, topic, partition, target);
    return request;
  }

  AlterPartitionReassignmentsResponse Alter(const AlterPartitionReassignmentsRequest& request) {
    CHECK(!CheckSize(request, {}).has_value());
    last_ = DecideAlterPartitionReassignments(cluster_.view(), request, cluster_.context());
    cluster_.Apply(last_);
    return ToResponse(request, std::get<ItemResults>(last_.answer));
  }
  // Reassigns partition 0 of "t", or cancels, which must succeed. Returns the partition.
  std::string Reassign(const std::optional<Ids>& target) {
    const auto response = Alter(Request("t", 0, target));
    EXPECT_FALSE(response.results(0).has_error()) << response.results(0).error().message();
    return Partition();
  }
  // Returns "CODE, MESSAGE" of the partition, for which nothing must be written.
  std::string ErrorOf(const AlterPartitionReassignmentsRequest& request) {
    const auto response = Alter(request);
    EXPECT_EQ(last_.records.records_size(), 0);
    const auto& error = response.results(0).error();
    return common::v1::ErrorCode_Name(error.code()) + ", " + error.message();
  }

  // The leader of partition 0 of "t" asks for this ISR. Returns its answer.
  AlterPartitionResponse::Partition ChangeIsr(const Ids& isr) {
    const metadata::TopicPtr topic = cluster_.image().FindTopicByName("t");
    const metadata::PartitionView partition = topic->partition(0);
    AlterPartitionRequest request;
    request.set_broker_id(partition.leader()->value());
    request.set_broker_epoch(cluster_.image().FindBroker(*partition.leader())->broker_epoch);
    auto* of_topic = request.add_topics();
    of_topic->set_topic_id(std::string(topic->id().bytes()));
    auto* change = of_topic->add_partitions();
    change->set_leader_epoch(partition.leader_epoch());
    change->set_partition_epoch(partition.partition_epoch());
    for (const int32_t id : isr) {
      auto* member = change->add_new_isr();
      member->set_broker_id(id);
      member->set_broker_epoch(-1);
    }
    const auto decision = DecideAlterPartition(cluster_.view(), request, cluster_.context());
    cluster_.Apply(decision);
    return std::get<AlterPartitionResponse>(decision.answer).topics(0).partitions(0);
  }

  std::string Partition() { return ToText(cluster_.image().FindTopicByName("t")->partition(0)); }

  DecisionFixture cluster_;
  Decision<ItemResults> last_;
};

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

TEST_F(ReassignmentTest, ErrorsInTheirOrder) {
  cluster_.Create("t", {{1, 2, 3}});
  auto twice = Request("t", 9, Ids{});
  Add(&twice, "t", 9, Ids{});
  auto by_id = Request("t", 0, Ids{});
  by_id.add_topics()->mutable_topic()->set_topic_id(
      cluster_.image().FindTopicByName("t")->id().ToString());
  by_id.mutable_topics(1)->add_partitions();
  AlterPartitionReassignmentsRequest unknown_id;
  unknown_id.add_topics()->mutable_topic()->set_topic_id("AAAAAAAAAAAAAAAAAAAAAQ");
  unknown_id.mutable_topics(0)->add_partitions();
  AlterPartitionReassignmentsRequest no_name;
  no_name.add_topics()->add_partitions();
  const struct {
    AlterPartitionReassignmentsRequest request;
    std::string error;
  } cases[] = {
      {no_name, "INVALID_REQUEST, name each topic by exactly one of name and id"},
      {Request("none", 0, Ids{}), "UNKNOWN_TOPIC_OR_PARTITION, there is no topic \"none\""},
      {unknown_id, "UNKNOWN_TOPIC_ID, there is no topic with id AAAAAAAAAAAAAAAAAAAAAQ"},
      {by_id,
       "INVALID_REQUEST, the request names topic \"t\" 2 times, by name or id; name it once"},
      {twice,
       "INVALID_REQUEST, the request names partition 9 of topic \"t\" 2 times; name it once"},
      {Request("t", 1, Ids{}),
       "UNKNOWN_TOPIC_OR_PARTITION, topic \"t\" has no partition 1, only 0 to 0"},
      {Request("t", -1, std::nullopt),
       "UNKNOWN_TOPIC_OR_PARTITION, topic \"t\" has no partition -1, only 0 to 0"},
      {Request("t", 0, std::nullopt),
       "NO_REASSIGNMENT_IN_PROGRESS, partition 0 of topic \"t\" is not being reassigned, so there "
       "is nothing to cancel"},
      {Request("t", 0, Ids{}),
       "INVALID_REPLICA_ASSIGNMENT, partition 0 gets no replicas; name at least one broker"},
      {Request("t", 0, Ids(33, 1)),
       "INVALID_REPLICA_ASSIGNMENT, partition 0 gets 33 replicas; at most 32 are allowed"},
      {Request("t", 0, Ids{1, 1}), "INVALID_REPLICA_ASSIGNMENT, partition 0 names broker 1 twice"},
      {Request("t", 0, Ids{1, 99}),
       "INVALID_REPLICA_ASSIGNMENT, partition 0 names broker 99, which is not registered"},
      {Request("t", 0, Ids{-1}),
       "INVALID_REPLICA_ASSIGNMENT, partition 0 names broker -1, which is not registered"},
  };
  for (const auto& [request, error] : cases) EXPECT_EQ(ErrorOf(request), error);
}

TEST_F(ReassignmentTest, OldAndNewReplicasTogetherAreAtMost32) {
  cluster_.StartBrokers(40);
  Ids old;
  Ids target;
  for (int32_t i = 1; i <= 20; ++i) {
    old.push_back(i);
    target.push_back(i + 12);
  }
  cluster_.Create("t", {old});
  Reassign(target);
  EXPECT_EQ(cluster_.image().FindTopicByName("t")->partition(0).replica_count(), 32u);
  Reassign(std::nullopt);
  target.front() = 33;
  EXPECT_EQ(ErrorOf(Request("t", 0, target)),
            "INVALID_REPLICA_ASSIGNMENT, partition 0 would have 33 replicas while it is "
            "reassigned; at most 32 are allowed: replace fewer of them at once");
}

TEST_F(ReassignmentTest, MetadataVersion1DoesNotHaveThem) {
  DecisionFixture old;
  old.StartBrokers(3);
  old.Create("t", {{1, 2}});
  auto request = Request("t", 0, Ids{1, 3});
  Add(&request, "none", 0, std::nullopt);
  const auto decision = DecideAlterPartitionReassignments(old.view(), request, old.context());
  EXPECT_EQ(decision.records.records_size(), 0);
  const auto& items = std::get<ItemResults>(decision.answer);
  ASSERT_EQ(items.size(), 2u);
  for (const ItemResult& item : items) {
    EXPECT_EQ(item.code, common::v1::UNSUPPORTED_VERSION);
    EXPECT_THAT(item.message, HasSubstr("run 'quoratectl features upgrade' first"));
  }
}

TEST_F(ReassignmentTest, PartitionsSucceedAndFailOnTheirOwnInOneEntry) {
  cluster_.Create("t", {{1, 2}, {2, 1}, {1, 2}});
  cluster_.Create("u", {{1}});
  AlterPartitionReassignmentsRequest request;
  Add(&request, "t", 2, Ids{3, 1});
  Add(&request, "t", 0, Ids{4, 1});
  Add(&request, "t", 1, Ids{99});
  Add(&request, "u", 0, Ids{5});
  const auto response = Alter(request);
  EXPECT_EQ(last_.records.records_size(), 2);
  EXPECT_EQ(last_.cause, "AlterPartitionReassignments (3 partitions)");
  ASSERT_EQ(response.results_size(), 4);
  std::vector<std::string> results;
  for (const auto& result : response.results()) {
    results.push_back(absl::StrFormat("%s-%d %s", result.name(), result.partition(),
                                      common::v1::ErrorCode_Name(result.error().code())));
    EXPECT_EQ(result.topic_id(), cluster_.image().FindTopicByName(result.name())->id().ToString());
  }
  EXPECT_THAT(results, ElementsAre("t-2 ERROR_CODE_UNSPECIFIED", "t-0 ERROR_CODE_UNSPECIFIED",
                                   "t-1 INVALID_REPLICA_ASSIGNMENT", "u-0 ERROR_CODE_UNSPECIFIED"));
  const auto topic = cluster_.image().FindTopicByName("t");
  EXPECT_EQ(ToText(topic->partition(0)),
            "leader 1, isr 1,2 of 4,1,2, epochs 0/1, adding 4, removing 2");
  EXPECT_EQ(ToText(topic->partition(1)), "leader 2, isr 2,1 of 2,1, epochs 0/0");
  EXPECT_EQ(ToText(topic->partition(2)),
            "leader 1, isr 1,2 of 3,1,2, epochs 0/1, adding 3, removing 2");
}

TEST_F(ReassignmentTest, ADryRunChangesNothing) {
  cluster_.Create("t", {{1, 2}});
  auto request = Request("t", 0, Ids{3, 1});
  request.set_validate_only(true);
  EXPECT_FALSE(Alter(request).results(0).has_error());
  EXPECT_EQ(last_.records.records_size(), 0);
  EXPECT_EQ(Partition(), "leader 1, isr 1,2 of 1,2, epochs 0/0");
}

// A retry gets its answer from what the log remembers, also if an older program wrote it.
TEST_F(ReassignmentTest, ARetryGetsTheFirstAnswer) {
  cluster_.Create("t", {{1, 2}});
  AlterPartitionReassignmentsRequest request;
  Add(&request, "t", 0, Ids{3, 1});
  Add(&request, "t", 5, Ids{3, 1});
  const RequestIdentity identity{.principal = "tester",
                                 .id = {.client_uuid = metadata::TestUuid(1), .sequence = 1},
                                 .method = "quorate.admin.v1.AdminService/X",
                                 .hash = HashRequest(request)};
  auto decision = DecideAlterPartitionReassignments(cluster_.view(), request, cluster_.context());
  Remember(identity, ItemCount(request), &decision);
  cluster_.Apply(decision);
  const auto known = FindResult(cluster_.image(), identity);
  ASSERT_TRUE(known.has_value());
  EXPECT_EQ(ToResponse(request, std::get<ItemResults>(*known)).SerializeAsString(),
            ToResponse(request, std::get<ItemResults>(decision.answer)).SerializeAsString());
}

TEST_F(ReassignmentTest, MorePartitionsOfATopicGetTheReplicationFactorOfTheTarget) {
  cluster_.Create("t", {{1, 2, 3}});
  Reassign(Ids{4, 5});
  EXPECT_EQ(cluster_.Extend("t", 2)->partition(1).replica_count(), 2u);
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

TEST(ReassignmentSizeTest, PartitionsAreCountedOverAllTopics) {
  AlterPartitionReassignmentsRequest request;
  for (int i = 0; i < 2; ++i) {
    auto* topic = request.add_topics();
    for (int p = 0; p < 5; ++p) topic->add_partitions();
  }
  const RequestLimits limits = {.max_items = 2, .max_partitions = 10};
  EXPECT_FALSE(CheckSize(request, limits).has_value());
  EXPECT_EQ(ItemCount(request), 10u);
  request.mutable_topics(0)->add_partitions();
  EXPECT_EQ(CheckSize(request, limits)->code(), common::v1::POLICY_VIOLATION);
  request.mutable_topics(0)->clear_partitions();
  EXPECT_EQ(CheckSize(request, limits)->code(), common::v1::INVALID_REQUEST);
  request.add_topics();
  EXPECT_EQ(CheckSize(request, limits)->code(), common::v1::POLICY_VIOLATION);
  EXPECT_FALSE(IsLarge(request, metadata::MetadataImage()));
  for (int p = 0; p < 2'000; ++p) request.mutable_topics(0)->add_partitions();
  EXPECT_TRUE(IsLarge(request, metadata::MetadataImage()));
}

}  // namespace
}  // namespace quorate::controller
