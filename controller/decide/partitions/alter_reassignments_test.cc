#include "controller/decide/partitions/alter_reassignments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "controller/decide/request_ids.h"
#include "controller/testing/reassignment_fixture.h"

namespace quorate::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AlterReassignmentsTest : public ReassignmentFixture {};

TEST_F(AlterReassignmentsTest, ErrorsInTheirOrder) {
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

TEST_F(AlterReassignmentsTest, OldAndNewReplicasTogetherAreAtMost32) {
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

TEST_F(AlterReassignmentsTest, MetadataVersion1DoesNotHaveThem) {
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

TEST_F(AlterReassignmentsTest, PartitionsSucceedAndFailOnTheirOwnInOneEntry) {
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

TEST_F(AlterReassignmentsTest, ADryRunChangesNothing) {
  cluster_.Create("t", {{1, 2}});
  auto request = Request("t", 0, Ids{3, 1});
  request.set_validate_only(true);
  EXPECT_FALSE(Alter(request).results(0).has_error());
  EXPECT_EQ(last_.records.records_size(), 0);
  EXPECT_EQ(Partition(), "leader 1, isr 1,2 of 1,2, epochs 0/0");
}

// A retry gets its answer from what the log remembers, also if an older program wrote it.
TEST_F(AlterReassignmentsTest, ARetryGetsTheFirstAnswer) {
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

TEST_F(AlterReassignmentsTest, MorePartitionsOfATopicGetTheReplicationFactorOfTheTarget) {
  cluster_.Create("t", {{1, 2, 3}});
  Reassign(Ids{4, 5});
  EXPECT_EQ(cluster_.Extend("t", 2)->partition(1).replica_count(), 2u);
}

TEST(AlterReassignmentsSizeTest, PartitionsAreCountedOverAllTopics) {
  admin::v1::AlterPartitionReassignmentsRequest request;
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
