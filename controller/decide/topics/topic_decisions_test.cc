#include "controller/decide/topics/topic_decisions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/testing/decision_fixture.h"

namespace quorate::controller {
namespace {

using admin::v1::CreateTopicsRequest;
using admin::v1::DeleteTopicsRequest;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TopicDecisionsTest : public ::testing::Test {
 protected:
  TopicDecisionsTest() { cluster_.StartBrokers(3); }

  // Returns the result of creating one topic, without applying it.
  ItemResult TryCreate(const std::string& name, std::optional<int32_t> partitions = std::nullopt,
                       std::optional<int32_t> factor = std::nullopt) {
    CreateTopicsRequest request;
    auto* topic = request.add_topics();
    topic->set_name(name);
    if (partitions) topic->set_partition_count(*partitions);
    if (factor) topic->set_replication_factor(*factor);
    return TryCreate(request);
  }

  ItemResult TryCreate(const CreateTopicsRequest& request) {
    const auto decision = DecideCreateTopics(cluster_.view(), request, cluster_.context());
    const ItemResult item = std::get<ItemResults>(decision.answer).at(0);
    EXPECT_EQ(item.code == 0, decision.records.records_size() > 0) << item.message;
    return item;
  }

  ItemResult TryAssign(const std::vector<std::vector<int32_t>>& replicas) {
    CreateTopicsRequest request;
    auto* topic = request.add_topics();
    topic->set_name("t");
    for (const auto& of_partition : replicas) {
      topic->add_assignments()->mutable_broker_ids()->Add(of_partition.begin(), of_partition.end());
    }
    return TryCreate(request);
  }

  ItemResult TryConfig(const std::string& key, const std::string& value) {
    CreateTopicsRequest request;
    request.add_topics()->set_name("t");
    auto* config = request.mutable_topics(0)->add_configs();
    config->set_key(key);
    config->set_value(value);
    return TryCreate(request);
  }

  DecisionFixture cluster_;
};

TEST_F(TopicDecisionsTest, ANewTopicHasItsFirstReplicaLeadingAndAllActiveOnesInSync) {
  const auto topic = cluster_.Create("orders", 2, 3);
  ASSERT_EQ(topic->partition_count(), 2);
  for (int32_t i = 0; i < 2; ++i) {
    const auto partition = topic->partition(i);
    EXPECT_EQ(partition.leader(), partition.replica(0));
    EXPECT_EQ(partition.isr_count(), 3u);
    EXPECT_EQ(partition.leader_epoch(), 0);
    EXPECT_EQ(partition.partition_epoch(), 0);
  }
}

TEST_F(TopicDecisionsTest, RecordsComeAsTopicConfigsPartitions) {
  CreateTopicsRequest request;
  auto* topic = request.add_topics();
  topic->set_name("orders");
  auto* config = topic->add_configs();
  config->set_key("retention.ms");
  config->set_value("1000");
  const auto decision = DecideCreateTopics(cluster_.view(), request, cluster_.context());
  ASSERT_EQ(decision.records.records_size(), 3);
  EXPECT_TRUE(decision.records.records(0).has_topic());
  EXPECT_TRUE(decision.records.records(1).has_config());
  EXPECT_TRUE(decision.records.records(2).has_partitions());
  EXPECT_EQ(decision.cause, "CreateTopics orders");
}

TEST_F(TopicDecisionsTest, DefaultsAreOnePartitionAndThreeReplicasOrAllBrokersWhereFewer) {
  CreateTopicsRequest request;
  request.add_topics()->set_name("orders");
  cluster_.Apply(DecideCreateTopics(cluster_.view(), request, cluster_.context()));
  const auto orders = cluster_.image().FindTopicByName("orders");
  EXPECT_EQ(orders->partition_count(), 1);
  EXPECT_EQ(orders->partition(0).replica_count(), 3u);

  DecisionFixture two_brokers;
  two_brokers.StartBrokers(2);
  two_brokers.Apply(DecideCreateTopics(two_brokers.view(), request, two_brokers.context()));
  EXPECT_EQ(two_brokers.image().FindTopicByName("orders")->partition(0).replica_count(), 2u);
}

TEST_F(TopicDecisionsTest, NamesThatKafkaRefusesAreRefused) {
  for (const std::string name : {"", ".", "..", "a b", "a/b", "caf\xc3\xa9"}) {
    EXPECT_EQ(TryCreate(name).code, common::v1::INVALID_TOPIC_EXCEPTION) << name;
  }
  EXPECT_EQ(TryCreate(std::string(250, 'a')).code, common::v1::INVALID_TOPIC_EXCEPTION);
  EXPECT_EQ(TryCreate(std::string(249, 'a')).code, 0);
  EXPECT_EQ(TryCreate("__cluster_metadata").code, common::v1::INVALID_REQUEST);
}

TEST_F(TopicDecisionsTest, NamesThatLookTheSameInMetricsCollide) {
  cluster_.Create("a.b", 1, 1);
  const ItemResult item = TryCreate("a_b");
  EXPECT_EQ(item.code, common::v1::INVALID_TOPIC_EXCEPTION);
  EXPECT_THAT(item.message, HasSubstr("collides with topic \"a.b\""));
  EXPECT_EQ(TryCreate("a.b").code, common::v1::TOPIC_ALREADY_EXISTS);
}

TEST_F(TopicDecisionsTest, NamesOfOneRequestCollideTooAndTheFirstIsCreated) {
  CreateTopicsRequest request;
  request.add_topics()->set_name("a.b");
  request.add_topics()->set_name("a_b");
  const auto decision = DecideCreateTopics(cluster_.view(), request, cluster_.context());
  const auto& items = std::get<ItemResults>(decision.answer);
  EXPECT_EQ(items[0].code, 0);
  EXPECT_EQ(items[1].code, common::v1::INVALID_TOPIC_EXCEPTION);
}

TEST_F(TopicDecisionsTest, ANameThatIsThereTwiceIsRefusedTwiceAndTheOthersAreCreated) {
  CreateTopicsRequest request;
  for (const char* name : {"a", "b", "a"}) request.add_topics()->set_name(name);
  const auto decision = DecideCreateTopics(cluster_.view(), request, cluster_.context());
  const auto& items = std::get<ItemResults>(decision.answer);
  EXPECT_EQ(items[0].code, common::v1::INVALID_REQUEST);
  EXPECT_EQ(items[1].code, 0);
  EXPECT_EQ(items[2].code, common::v1::INVALID_REQUEST);
  cluster_.Apply(decision);
  EXPECT_EQ(cluster_.image().topic_count(), 1u);
}

TEST_F(TopicDecisionsTest, CountsMustBePossible) {
  EXPECT_EQ(TryCreate("t", 0).code, common::v1::INVALID_PARTITIONS);
  EXPECT_EQ(TryCreate("t", -1).code, common::v1::INVALID_PARTITIONS);
  EXPECT_EQ(TryCreate("t", 1, 0).code, common::v1::INVALID_REPLICATION_FACTOR);
  const ItemResult item = TryCreate("t", 1, 5);
  EXPECT_EQ(item.code, common::v1::INVALID_REPLICATION_FACTOR);
  EXPECT_EQ(item.message,
            "replication factor 5 is larger than the 3 registered brokers; start more brokers or "
            "ask for at most 3");
}

// Each request also has the faults of the later ones.
TEST_F(TopicDecisionsTest, ErrorsComeInKafkasOrder) {
  cluster_.Create("a.b", 1, 1);
  const struct {
    const char* name;
    const char* retention_ms;
    std::optional<int32_t> factor;
    std::optional<int32_t> partitions;
    std::vector<int32_t> replicas;
    common::v1::ErrorCode code;
  } cases[] = {
      {"a b", "x", 0, 0, {9}, common::v1::INVALID_TOPIC_EXCEPTION},
      {"a_b", "x", 0, 0, {9}, common::v1::INVALID_TOPIC_EXCEPTION},
      {"a.b", "x", 0, 0, {9}, common::v1::TOPIC_ALREADY_EXISTS},
      {"t", "x", 0, 0, {9}, common::v1::INVALID_CONFIG},
      {"t", "1", 0, 0, {9}, common::v1::INVALID_REQUEST},
      {"t", "1", std::nullopt, 1, {9}, common::v1::INVALID_REQUEST},
      {"t", "1", std::nullopt, std::nullopt, {9}, common::v1::INVALID_REPLICA_ASSIGNMENT},
      {"t", "1", 0, 0, {}, common::v1::INVALID_REPLICATION_FACTOR},
      {"t", "1", 9, 0, {}, common::v1::INVALID_PARTITIONS},
      {"t", "1", 9, 1, {}, common::v1::INVALID_REPLICATION_FACTOR},
  };
  for (const auto& each : cases) {
    CreateTopicsRequest request;
    auto* topic = request.add_topics();
    topic->set_name(each.name);
    auto* config = topic->add_configs();
    config->set_key("retention.ms");
    config->set_value(each.retention_ms);
    if (each.factor) topic->set_replication_factor(*each.factor);
    if (each.partitions) topic->set_partition_count(*each.partitions);
    for (const int32_t id : each.replicas) {
      if (topic->assignments().empty()) topic->add_assignments();
      topic->mutable_assignments(0)->add_broker_ids(id);
    }
    const ItemResult item = TryCreate(request);
    EXPECT_EQ(item.code, each.code) << request.ShortDebugString() << ": " << item.message;
  }
}

TEST_F(TopicDecisionsTest, WithoutABrokerThatCouldLeadNothingIsCreated) {
  DecisionFixture empty;
  CreateTopicsRequest request;
  request.add_topics()->set_name("t");
  auto decision = DecideCreateTopics(empty.view(), request, empty.context());
  EXPECT_THAT(std::get<ItemResults>(decision.answer)[0].message, HasSubstr("no broker"));

  empty.Register(1);
  decision = DecideCreateTopics(empty.view(), request, empty.context());
  EXPECT_EQ(std::get<ItemResults>(decision.answer)[0].code, common::v1::INVALID_REPLICATION_FACTOR);
  EXPECT_THAT(std::get<ItemResults>(decision.answer)[0].message, HasSubstr("all are fenced"));
}

TEST_F(TopicDecisionsTest, AFencedBrokerAllowsNoLargerReplicationFactor) {
  cluster_.Register(4);
  const ItemResult item = TryCreate("t", 1, 4);
  EXPECT_EQ(item.code, common::v1::INVALID_REPLICATION_FACTOR);
  EXPECT_EQ(item.message,
            "replication factor 4 is larger than the 3 of 4 registered brokers that run, or are "
            "fenced and hold replicas; start more brokers or ask for at most 3");

  // It does not count for the default factor either.
  DecisionFixture small;
  small.StartBrokers(2);
  small.Register(3);
  CreateTopicsRequest request;
  request.add_topics()->set_name("default");
  small.Apply(DecideCreateTopics(small.view(), request, small.context()));
  EXPECT_EQ(small.image().FindTopicByName("default")->partition(0).replica_count(), 2u);
}

TEST_F(TopicDecisionsTest, AFencedBrokerThatHoldsReplicasTakesOneWhereOthersAreTooFew) {
  cluster_.Create("held", {{1, 2, 3}});
  cluster_.Fence({BrokerId(2)});
  const auto wide = cluster_.Create("wide", 4, 3);
  for (int32_t i = 0; i < 4; ++i) {
    EXPECT_EQ(wide->partition(i).replica(2), BrokerId(2));
    EXPECT_EQ(wide->partition(i).isr_count(), 2u);
    EXPECT_NE(wide->partition(i).leader(), BrokerId(2));
  }
  const auto narrow = cluster_.Create("narrow", 4, 2);
  for (int32_t i = 0; i < 4; ++i) {
    EXPECT_FALSE(narrow->partition(i).PositionOf(BrokerId(2)).has_value());
  }
}

// While a broker restarts, topics must not be created with fewer replicas than usual.
TEST_F(TopicDecisionsTest, TheDefaultFactorCountsBrokersThatAreAway) {
  cluster_.Create("held", {{2, 1, 3}});
  cluster_.Stop({BrokerId(2)});
  CreateTopicsRequest request;
  request.add_topics()->set_name("default");
  const auto decision = DecideCreateTopics(cluster_.view(), request, cluster_.context());
  EXPECT_EQ(std::get<ItemResults>(decision.answer)[0].code, common::v1::INVALID_REPLICATION_FACTOR);
}

TEST_F(TopicDecisionsTest, AFencedBrokerMayHoldAReplicaByHandButIsNotInSync) {
  cluster_.Fence({BrokerId(2)});
  const auto partition = cluster_.Create("t", {{2, 1, 3}})->partition(0);
  EXPECT_EQ(ToText(partition), "leader 1, isr 1,3 of 2,1,3, epochs 0/0");
}

TEST_F(TopicDecisionsTest, ABrokerInControlledShutdownTakesNoReplica) {
  cluster_.Create("t", {{2, 1}});
  cluster_.Stop({BrokerId(2)});
  const ItemResult item = TryCreate("u", 1, 3);
  EXPECT_EQ(item.message,
            "replication factor 3 is larger than the 2 of 3 registered brokers that run, or are "
            "fenced and hold replicas; start more brokers or ask for at most 2");
}

TEST_F(TopicDecisionsTest, ReplicasChosenByHandAreKept) {
  const auto topic = cluster_.Create("t", {{3, 1}, {2, 3}});
  EXPECT_EQ(ToText(topic->partition(0)), "leader 3, isr 3,1 of 3,1, epochs 0/0");
  EXPECT_EQ(ToText(topic->partition(1)), "leader 2, isr 2,3 of 2,3, epochs 0/0");
}

TEST_F(TopicDecisionsTest, ReplicasChosenByHandMustBePossible) {
  EXPECT_EQ(TryAssign({{1, 2}, {3}}).code, common::v1::INVALID_REPLICA_ASSIGNMENT);
  EXPECT_EQ(TryAssign({{}}).code, common::v1::INVALID_REPLICA_ASSIGNMENT);
  EXPECT_EQ(TryAssign({{1, 1}}).code, common::v1::INVALID_REPLICA_ASSIGNMENT);
  EXPECT_EQ(TryAssign({{1, 9}}).message, "partition 0 names broker 9, which is not registered");
  cluster_.Fence({BrokerId(2)});
  EXPECT_THAT(TryAssign({{1}, {2}}).message, HasSubstr("all brokers of partition 1 are fenced"));

  CreateTopicsRequest request;
  auto* topic = request.add_topics();
  topic->set_name("t");
  topic->set_partition_count(1);
  topic->add_assignments()->add_broker_ids(1);
  EXPECT_EQ(TryCreate(request).code, common::v1::INVALID_REQUEST);
}

TEST_F(TopicDecisionsTest, ConfigsAreValidated) {
  EXPECT_EQ(TryConfig("min.insync.replicas", "2").code, 0);
  EXPECT_EQ(TryConfig("cleanup.policy", "compact,delete").code, 0);
  EXPECT_EQ(TryConfig("retention.ms", "-1").code, 0);
  EXPECT_EQ(TryConfig("min.insync.replicas", "0").message,
            "min.insync.replicas takes a whole number from 1 to 2147483647, not \"0\"");
  EXPECT_EQ(TryConfig("unclean.leader.election.enable", "yes").message,
            "unclean.leader.election.enable takes true or false, not \"yes\"");
  EXPECT_EQ(TryConfig("cleanup.policy", "shred").code, common::v1::INVALID_CONFIG);
  const ItemResult unknown = TryConfig("retention.hours", "1");
  EXPECT_EQ(unknown.code, common::v1::INVALID_CONFIG);
  EXPECT_THAT(unknown.message, HasSubstr("\"retention.hours\""));
}

TEST_F(TopicDecisionsTest, ValidateOnlyChecksEverythingAndRecordsNothing) {
  CreateTopicsRequest request;
  request.set_validate_only(true);
  request.add_topics()->set_name("good");
  request.add_topics()->set_name("b a d");
  const auto decision = DecideCreateTopics(cluster_.view(), request, cluster_.context());
  EXPECT_THAT(decision.records.records(), IsEmpty());
  const auto& items = std::get<ItemResults>(decision.answer);
  EXPECT_EQ(items[0].code, 0);
  EXPECT_TRUE(items[0].topic_id.is_zero());
  EXPECT_EQ(items[1].code, common::v1::INVALID_TOPIC_EXCEPTION);
}

TEST_F(TopicDecisionsTest, MorePartitionsThanFitOneEntryAreRefusedBeforeTheyAreMade) {
  CreateTopicsRequest request;
  request.add_topics()->set_name("small");
  request.add_topics()->set_name("huge");
  request.mutable_topics(1)->set_partition_count(std::numeric_limits<int32_t>::max());
  const auto decision = DecideCreateTopics(cluster_.view(), request, cluster_.context());
  const auto& error = std::get<common::v1::Error>(decision.answer);
  EXPECT_EQ(error.code(), common::v1::POLICY_VIOLATION);
  EXPECT_THAT(error.message(), HasSubstr("may make at most"));
  EXPECT_THAT(decision.records.records(), IsEmpty());
}

TEST_F(TopicDecisionsTest, TheResponseIsBuiltFromTheItems) {
  CreateTopicsRequest request;
  request.add_topics()->set_name("a");
  request.add_topics()->set_name("b");
  const auto response = ToResponse(
      request,
      {{.topic_id = metadata::TestUuid(7)}, MakeItemError(common::v1::TOPIC_ALREADY_EXISTS, "b!")});
  EXPECT_EQ(response.results(0).topic_id(), metadata::TestUuid(7).ToString());
  EXPECT_FALSE(response.results(0).has_error());
  EXPECT_EQ(response.results(1).error().code(), common::v1::TOPIC_ALREADY_EXISTS);
  EXPECT_EQ(response.results(1).error().outcome(), common::v1::REFUSED);
  EXPECT_EQ(response.results(1).topic_id(), "");
}

TEST_F(TopicDecisionsTest, TopicsAreDeletedByNameOrId) {
  const Uuid b = (cluster_.Create("a", 1, 1), cluster_.Create("b", 1, 1))->id();
  DeleteTopicsRequest request;
  request.add_topics()->set_name("a");
  request.add_topics()->set_topic_id(b.ToString());
  const auto decision = DecideDeleteTopics(cluster_.view(), request, cluster_.context());
  cluster_.Apply(decision);
  EXPECT_EQ(cluster_.image().topic_count(), 0u);
  const auto response = ToResponse(request, std::get<ItemResults>(decision.answer));
  EXPECT_EQ(response.results(0).name(), "a");
  EXPECT_NE(response.results(0).topic_id(), "");
  EXPECT_EQ(response.results(1).topic_id(), b.ToString());
}

TEST_F(TopicDecisionsTest, WhatCannotBeDeletedSaysWhy) {
  const Uuid a = cluster_.Create("a", 1, 1)->id();
  DeleteTopicsRequest request;
  request.add_topics()->set_name("nope");
  request.add_topics()->set_topic_id(metadata::TestUuid(99).ToString());
  request.add_topics()->set_topic_id("short");
  request.add_topics();
  auto* both = request.add_topics();
  both->set_name("b");
  both->set_topic_id(cluster_.Create("b", 1, 1)->id().ToString());
  request.add_topics()->set_name("a");
  request.add_topics()->set_topic_id(a.ToString());
  const auto decision = DecideDeleteTopics(cluster_.view(), request, cluster_.context());
  EXPECT_THAT(decision.records.records(), IsEmpty());
  std::vector<int32_t> codes;
  for (const auto& item : std::get<ItemResults>(decision.answer)) codes.push_back(item.code);
  EXPECT_THAT(codes,
              ::testing::ElementsAre(common::v1::UNKNOWN_TOPIC_OR_PARTITION,
                                     common::v1::UNKNOWN_TOPIC_ID, common::v1::INVALID_REQUEST,
                                     common::v1::INVALID_REQUEST, common::v1::INVALID_REQUEST,
                                     common::v1::INVALID_REQUEST, common::v1::INVALID_REQUEST));
}

TEST_F(TopicDecisionsTest, ADeletedTopicTakesOneRecordAndItsNameIsFreeAtOnce) {
  const Uuid old_id =
      cluster_.Create("a", {{1, 2}, {2, 3}, {3, 1}}, {{"retention.ms", "1000"}})->id();
  DeleteTopicsRequest request;
  request.add_topics()->set_name("a");
  const auto decision = DecideDeleteTopics(cluster_.view(), request, cluster_.context());
  ASSERT_EQ(decision.records.records_size(), 1);
  EXPECT_TRUE(decision.records.records(0).has_remove_topic());
  cluster_.Apply(decision);
  EXPECT_NE(cluster_.Create("a", 1, 1)->id(), old_id);
  EXPECT_THAT(cluster_.image().Configs(metadata::ConfigResourceType::kTopic, "a"), IsEmpty());
  // A second deletion by the old id does not meet the new topic.
  request.mutable_topics(0)->clear_name();
  request.mutable_topics(0)->set_topic_id(old_id.ToString());
  const auto again = DecideDeleteTopics(cluster_.view(), request, cluster_.context());
  EXPECT_EQ(std::get<ItemResults>(again.answer).at(0).code, common::v1::UNKNOWN_TOPIC_ID);
}

}  // namespace
}  // namespace quorate::controller
