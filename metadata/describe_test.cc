#include "metadata/describe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "metadata/testing/test_log.h"

namespace quorate::metadata {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DescribeTest : public ::testing::Test {
 protected:
  DescribeTest() {
    log_.MustAppend({MakeMetadataVersionRecord(1)});
    for (const int32_t id : {1, 9}) {
      log_.MustAppend({MakeRegisterBrokerRecord({.id = BrokerId(id),
                                                 .incarnation_id = TestUuid(7),
                                                 .broker_epoch = log_.end_offset(),
                                                 .endpoint = {.host = "b", .port = 1},
                                                 .rack = ""})});
    }
    const std::vector<NewPartition> partitions = {
        {.replicas = {BrokerId(1), BrokerId(2), BrokerId(3)}, .isr_mask = 7, .leader_position = 0},
        {.replicas = {BrokerId(2), BrokerId(3), BrokerId(1)}, .isr_mask = 6, .leader_position = 2},
        {.replicas = {BrokerId(3), BrokerId(1), BrokerId(2)}, .isr_mask = 1}};
    log_.MustAppend({MakeTopicRecord("orders", TestUuid(1)),
                     MakeConfigRecord(ConfigResourceType::kTopic, "orders", "segment.ms", "v"),
                     MakePartitionsRecord(TestUuid(1), 0, partitions),
                     MakeTopicRecord("empty", TestUuid(2))});
  }

  TestLog log_;
};

TEST_F(DescribeTest, ATopic) {
  const auto topic = DescribeTopic(log_.image(), "orders");
  EXPECT_FALSE(topic.has_error());
  EXPECT_EQ(topic.name(), "orders");
  EXPECT_EQ(topic.topic_id(), TestUuid(1).ToString());
  EXPECT_EQ(topic.replication_factor(), 3);
  ASSERT_EQ(topic.configs_size(), 1);
  EXPECT_EQ(topic.configs(0).key() + "=" + topic.configs(0).value(), "segment.ms=v");
  ASSERT_EQ(topic.partitions_size(), 3);
  const auto& partition = topic.partitions(1);
  EXPECT_EQ(partition.partition(), 1);
  EXPECT_EQ(partition.leader_id(), 1);
  EXPECT_EQ(partition.leader_epoch(), 0);
  EXPECT_THAT(partition.replicas(), ElementsAre(2, 3, 1));
  EXPECT_THAT(partition.isr(), ElementsAre(3, 1));
  EXPECT_EQ(topic.partitions(2).leader_id(), -1);
}

TEST_F(DescribeTest, EpochsAreTold) {
  log_.MustAppend({MakePartitionChangesRecord(
      TestUuid(1),
      std::vector<PartitionChange>{{.partition = 0, .isr_mask = 3, .leader_position = 0}})});
  log_.MustAppend({MakePartitionChangesRecord(
      TestUuid(1),
      std::vector<PartitionChange>{{.partition = 0, .isr_mask = 2, .leader_position = 1}})});
  const auto topic = DescribeTopic(log_.image(), "orders");
  EXPECT_EQ(topic.partitions(0).leader_epoch(), 1);
  EXPECT_EQ(topic.partitions(0).partition_epoch(), 2);
}

TEST_F(DescribeTest, WhatFewPartitionsHave) {
  const auto ordinary = DescribeTopic(log_.image(), "orders").partitions(0);
  EXPECT_EQ(ordinary.adding_replicas_size() + ordinary.removing_replicas_size() +
                ordinary.eligible_leader_replicas_size() + ordinary.directories_size(),
            0);
  EXPECT_FALSE(ordinary.has_last_known_leader_id());
  EXPECT_FALSE(ordinary.recovering());

  log_.MustAppend({MakeMetadataVersionRecord(2)});
  log_.MustAppend({MakePartitionChangesRecord(
      TestUuid(1),
      std::vector<PartitionChange>{{.partition = 1,
                                    .isr_mask = 0,
                                    .leader_position = std::nullopt,
                                    .replicas = {BrokerId(2), BrokerId(3), BrokerId(0)},
                                    .extras = PartitionExtras{.adding_mask = 1,
                                                              .removing_mask = 2,
                                                              .elr_mask = 6,
                                                              .last_known_leader_position = 2,
                                                              .recovering = true},
                                    .directories = {TestUuid(1000), Uuid(), Uuid()}}})});
  const auto partition = DescribeTopic(log_.image(), "orders").partitions(1);
  EXPECT_THAT(partition.replicas(), ElementsAre(2, 3, 0));
  EXPECT_THAT(partition.isr(), ElementsAre());
  EXPECT_EQ(partition.leader_id(), -1);
  EXPECT_THAT(partition.adding_replicas(), ElementsAre(2));
  EXPECT_THAT(partition.removing_replicas(), ElementsAre(3));
  EXPECT_THAT(partition.eligible_leader_replicas(), ElementsAre(3, 0));
  EXPECT_TRUE(partition.has_last_known_leader_id());
  EXPECT_EQ(partition.last_known_leader_id(), 0);
  EXPECT_TRUE(partition.recovering());
  EXPECT_THAT(partition.directories(), ElementsAre(TestUuid(1000).ToString(), "", ""));
}

TEST_F(DescribeTest, ATopicWithoutPartitions) {
  const auto topic = DescribeTopic(log_.image(), "empty");
  EXPECT_FALSE(topic.has_error());
  EXPECT_EQ(topic.replication_factor(), 0);
  EXPECT_EQ(topic.partitions_size(), 0);
}

TEST_F(DescribeTest, AMissingTopicIsAnErrorUnderItsName) {
  const auto topic = DescribeTopic(log_.image(), "order");
  EXPECT_EQ(topic.name(), "order");
  EXPECT_EQ(topic.error().code(), common::v1::UNKNOWN_TOPIC_OR_PARTITION);
  EXPECT_EQ(topic.error().outcome(), common::v1::REFUSED);
  EXPECT_THAT(topic.error().message(), HasSubstr("\"order\""));
  EXPECT_TRUE(topic.topic_id().empty());
}

TEST_F(DescribeTest, TopicsInTheOrderAskedForOrByName) {
  google::protobuf::RepeatedPtrField<std::string> names;
  const auto described = [&] {
    std::vector<std::string> result;
    for (const auto& topic : DescribeTopics(log_.image(), names)) {
      result.push_back(topic.name() + (topic.has_error() ? "?" : ""));
    }
    return result;
  };
  EXPECT_THAT(described(), ElementsAre("empty", "orders"));
  for (const char* name : {"orders", "none", "empty"}) names.Add(name);
  EXPECT_THAT(described(), ElementsAre("orders", "none?", "empty"));
}

}  // namespace
}  // namespace quorate::metadata
