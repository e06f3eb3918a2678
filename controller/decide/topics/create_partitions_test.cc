#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "controller/decide/topics/topic_decisions.h"
#include "controller/testing/decision_fixture.h"

namespace quorate::controller {
namespace {

using admin::v1::CreatePartitionsRequest;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

CreatePartitionsRequest Request(const std::string& name, int32_t partition_count,
                                const std::vector<std::vector<int32_t>>& replicas = {}) {
  CreatePartitionsRequest request;
  auto* topic = request.add_topics();
  topic->set_name(name);
  topic->set_partition_count(partition_count);
  for (const auto& of_partition : replicas) {
    topic->add_assignments()->mutable_broker_ids()->Add(of_partition.begin(), of_partition.end());
  }
  return request;
}

class CreatePartitionsTest : public ::testing::Test {
 protected:
  CreatePartitionsTest() {
    cluster_.StartBrokers(3);
    cluster_.Create("orders", {{1, 2}, {2, 3}});
  }

  Decision<ItemResults> Decide(const CreatePartitionsRequest& request) {
    return DecideCreatePartitions(cluster_.view(), request, cluster_.context());
  }
  // Returns the result of the only topic, without applying it.
  ItemResult Try(const CreatePartitionsRequest& request) {
    const auto decision = Decide(request);
    const ItemResult item = std::get<ItemResults>(decision.answer).at(0);
    EXPECT_EQ(item.code == 0, decision.records.records_size() > 0) << item.message;
    return item;
  }
  metadata::TopicPtr orders() { return cluster_.image().FindTopicByName("orders"); }

  DecisionFixture cluster_;
};

TEST_F(CreatePartitionsTest, NewPartitionsFollowTheOldOnesWhichStayAsTheyAre) {
  const auto before = orders();
  const auto decision = Decide(Request("orders", 5));
  EXPECT_EQ(decision.cause, "CreatePartitions orders");
  ASSERT_EQ(decision.records.records_size(), 1);
  EXPECT_EQ(decision.records.records(0).partitions().first_partition(), 2);
  cluster_.Apply(decision);
  ASSERT_EQ(orders()->partition_count(), 5);
  for (int32_t i = 0; i < 2; ++i) EXPECT_TRUE(orders()->partition(i) == before->partition(i));
  for (int32_t i = 2; i < 5; ++i) {
    const auto partition = orders()->partition(i);
    EXPECT_EQ(partition.replica_count(), 2u) << "as many as partition 0 has";
    EXPECT_EQ(partition.isr_count(), 2u);
    EXPECT_EQ(partition.leader(), partition.replica(0));
    EXPECT_EQ(partition.leader_epoch(), 0);
    EXPECT_EQ(partition.partition_epoch(), 0);
  }
}

TEST_F(CreatePartitionsTest, ReplicasChosenByHandAreKept) {
  cluster_.Fence({BrokerId(3)});
  cluster_.Apply(Decide(Request("orders", 4, {{3, 1}, {2, 1}})));
  EXPECT_EQ(ToText(orders()->partition(2)), "leader 1, isr 1 of 3,1, epochs 0/0");
  EXPECT_EQ(ToText(orders()->partition(3)), "leader 2, isr 2,1 of 2,1, epochs 0/0");
}

// In the order of precedence: each request has the faults of the later ones, too.
TEST_F(CreatePartitionsTest, ErrorsComeInKafkasOrder) {
  cluster_.Create("wide", 1, 3);
  cluster_.Fence({BrokerId(3)});
  const struct {
    CreatePartitionsRequest request;
    common::v1::ErrorCode code;
    std::string message;
  } cases[] = {
      {Request("nope", 0, {{9, 9}}), common::v1::UNKNOWN_TOPIC_OR_PARTITION,
       "there is no topic \"nope\""},
      {Request("orders", 2, {{9, 9}}), common::v1::INVALID_PARTITIONS,
       "topic \"orders\" has 2 partitions; the new number must be larger, not 2, because "
       "partitions cannot be removed"},
      {Request("orders", 1), common::v1::INVALID_PARTITIONS,
       "topic \"orders\" has 2 partitions; the new number must be larger, not 1, because "
       "partitions cannot be removed"},
      {Request("orders", std::numeric_limits<int32_t>::min()), common::v1::INVALID_PARTITIONS,
       "topic \"orders\" has 2 partitions; the new number must be larger, not -2147483648, because "
       "partitions cannot be removed"},
      {Request("orders", 4, {{9, 9}}), common::v1::INVALID_REPLICA_ASSIGNMENT,
       "the number of replica assignments (1) is not the number of added partitions (2, from "
       "partition 2 on); assign all of them or none"},
      {Request("orders", 3, {{1, 2}, {2, 1}}), common::v1::INVALID_REPLICA_ASSIGNMENT,
       "the number of replica assignments (2) is not the number of added partitions (1, from "
       "partition 2 on); assign all of them or none"},
      {Request("orders", 3, {{}}), common::v1::INVALID_REPLICA_ASSIGNMENT,
       "partition 2 has no replicas; name at least one broker"},
      {Request("orders", 3, {{1, 1, 9}}), common::v1::INVALID_REPLICA_ASSIGNMENT,
       "partition 2 names broker 1 twice"},
      {Request("orders", 3, {{1, 9, 2}}), common::v1::INVALID_REPLICA_ASSIGNMENT,
       "partition 2 names broker 9, which is not registered"},
      {Request("orders", 3, {{3}}), common::v1::INVALID_REPLICA_ASSIGNMENT,
       "partition 2 has 1 replicas and partition 0 has 2; all must have the same number"},
      {Request("orders", 4, {{1, 2}, {1, 2, 3}}), common::v1::INVALID_REPLICA_ASSIGNMENT,
       "partition 3 has 3 replicas and partition 0 has 2; all must have the same number"},
  };
  for (const auto& each : cases) {
    const ItemResult item = Try(each.request);
    EXPECT_EQ(item.code, each.code) << each.message;
    EXPECT_EQ(item.message, each.message);
  }
  cluster_.Fence({BrokerId(2)});
  EXPECT_THAT(Try(Request("orders", 3, {{2, 3}})).message,
              HasSubstr("all brokers of partition 2 are fenced"));
}

TEST_F(CreatePartitionsTest, TooFewBrokersAreAnErrorOfTheReplicationFactor) {
  cluster_.Create("wide", 1, 3);
  cluster_.Stop({BrokerId(3)});
  const ItemResult item = Try(Request("wide", 2));
  EXPECT_EQ(item.code, common::v1::INVALID_REPLICATION_FACTOR);
  EXPECT_THAT(item.message, AllOf(HasSubstr("replication factor 3 is larger than the 2 of 3"),
                                  HasSubstr("start more brokers or assign the replicas")));
  cluster_.Fence({BrokerId(1), BrokerId(2), BrokerId(3)});
  EXPECT_THAT(Try(Request("wide", 2)).message, HasSubstr("all are fenced or shutting down"));
}

TEST_F(CreatePartitionsTest, ATopicThatIsThereTwiceIsRefusedTwiceAndTheOthersAreExtended) {
  cluster_.Create("other", 1, 1);
  CreatePartitionsRequest request = Request("orders", 3);
  *request.add_topics() = Request("other", 2).topics(0);
  *request.add_topics() = Request("orders", 4).topics(0);
  *request.add_topics() = Request("nope", 4).topics(0);
  const auto decision = Decide(request);
  std::vector<int32_t> codes;
  for (const auto& item : std::get<ItemResults>(decision.answer)) codes.push_back(item.code);
  EXPECT_THAT(codes, ElementsAre(common::v1::INVALID_REQUEST, 0, common::v1::INVALID_REQUEST,
                                 common::v1::UNKNOWN_TOPIC_OR_PARTITION));
  cluster_.Apply(decision);
  EXPECT_EQ(orders()->partition_count(), 2);
  EXPECT_EQ(cluster_.image().FindTopicByName("other")->partition_count(), 2);
}

TEST_F(CreatePartitionsTest, ValidateOnlyChecksEverythingAndRecordsNothing) {
  CreatePartitionsRequest request = Request("orders", 3);
  *request.add_topics() = Request("nope", 2).topics(0);
  request.set_validate_only(true);
  const auto decision = Decide(request);
  EXPECT_THAT(decision.records.records(), IsEmpty());
  const auto& items = std::get<ItemResults>(decision.answer);
  EXPECT_EQ(items[0].code, 0);
  EXPECT_EQ(items[1].code, common::v1::UNKNOWN_TOPIC_OR_PARTITION);
}

TEST_F(CreatePartitionsTest, TheLimitCountsAddedPartitionsAndNotThoseThatThereAre) {
  cluster_.Create("big", 100, 1);
  Context context = cluster_.context();
  context.limits.max_partitions = 10;
  const auto decide = [&](int32_t big, int32_t of_orders) {
    CreatePartitionsRequest request = Request("big", big);
    *request.add_topics() = Request("orders", of_orders).topics(0);
    return DecideCreatePartitions(cluster_.view(), request, context);
  };
  EXPECT_EQ(decide(105, 7).records.records_size(), 2);
  // A topic that would shrink makes no room for others.
  EXPECT_EQ(decide(1, 12).records.records_size(), 1);
  for (const auto& decision : {decide(105, 8), decide(1, 13)}) {
    const auto& error = std::get<common::v1::Error>(decision.answer);
    EXPECT_EQ(error.code(), common::v1::POLICY_VIOLATION);
    EXPECT_THAT(error.message(), HasSubstr("11 new partitions; one request may have at most 10"));
    EXPECT_THAT(decision.records.records(), IsEmpty());
  }
}

TEST_F(CreatePartitionsTest, MorePartitionsThanFitOneEntryAreRefusedBeforeTheyAreMade) {
  Context context = cluster_.context();
  context.limits.max_partitions = std::numeric_limits<int64_t>::max();
  const auto decision = DecideCreatePartitions(
      cluster_.view(), Request("orders", std::numeric_limits<int32_t>::max()), context);
  const auto& error = std::get<common::v1::Error>(decision.answer);
  EXPECT_EQ(error.code(), common::v1::POLICY_VIOLATION);
  EXPECT_THAT(error.message(), HasSubstr("may make at most"));
}

TEST_F(CreatePartitionsTest, TheResponseIsBuiltFromTheItems) {
  CreatePartitionsRequest request = Request("a", 2);
  *request.add_topics() = Request("b", 2).topics(0);
  const auto response = ToResponse(request, {{.topic_id = metadata::TestUuid(7)},
                                             MakeItemError(common::v1::INVALID_PARTITIONS, "b!")});
  EXPECT_EQ(response.results(0).name(), "a");
  EXPECT_EQ(response.results(0).topic_id(), metadata::TestUuid(7).ToString());
  EXPECT_FALSE(response.results(0).has_error());
  EXPECT_EQ(response.results(1).error().code(), common::v1::INVALID_PARTITIONS);
  EXPECT_EQ(response.results(1).topic_id(), "");
}

TEST_F(CreatePartitionsTest, ATopicWithManyPartitionsMakesTheRequestLarge) {
  cluster_.Create("big", 5'000, 1);
  EXPECT_FALSE(IsLarge(Request("orders", 100), cluster_.image()));
  EXPECT_TRUE(IsLarge(Request("orders", 10'000), cluster_.image()));
  EXPECT_TRUE(IsLarge(Request("big", 1), cluster_.image()));
}

}  // namespace
}  // namespace quorate::controller
