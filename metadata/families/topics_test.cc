// Applies topics to an image, and checks which are refused.
#include "metadata/families/topics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "metadata/record_builders.h"
#include "metadata/testing/golden_records.h"
#include "metadata/testing/replay_fixture.h"
#include "metadata/topic_name.h"

namespace quorate::metadata {
namespace {

using ::testing::HasSubstr;

using TopicsTest = ReplayTest;

const GoldenRecords kGolden([] {
  const Uuid topic = TestUuid(0x0a0b);
  return std::vector<GoldenRecord>{
      {MakeTopicRecord("orders", topic),
       "1a1a0a066f7264657273121000000000000000000000000000000a0b"},
      {MakeRemoveTopicRecord(topic), "22120a1000000000000000000000000000000a0b"},
  };
});

TEST_F(TopicsTest, TopicsAreFoundByIdAndName) {
  CreateOrders(2);
  EXPECT_EQ(image().topic_count(), 1u);
  EXPECT_EQ(image().partition_count(), 2);
  EXPECT_EQ(image().FindTopic(kOrders)->name(), "orders");
  EXPECT_EQ(image().FindTopicByName("orders")->id(), kOrders);
  EXPECT_EQ(image().FindTopicByName("order"), nullptr);
  EXPECT_EQ(image().FindTopic(kOther), nullptr);
}

TEST_F(TopicsTest, TopicsThatContradictAreRefused) {
  CreateOrders(1);
  EXPECT_THAT(Contradicts(MakeTopicRecord("other", kOrders)), HasSubstr(kOrders.ToString()));
  EXPECT_THAT(Contradicts(MakeTopicRecord("orders", kOther)), HasSubstr("orders"));
  EXPECT_THAT(IsMalformed(MakeTopicRecord("a/b", kOther)), HasSubstr("a/b"));
  IsMalformed(MakeTopicRecord("other", Uuid()));
  v1::Record record = MakeTopicRecord("other", kOther);
  record.mutable_topic()->set_topic_id("short");
  EXPECT_THAT(IsMalformed(record), HasSubstr("5 bytes"));
}

TEST_F(TopicsTest, RemoveTopicTakesPartitionsAndConfigsAlong) {
  CreateOrders(2);
  log_.MustAppend({MakeConfigRecord(ConfigResourceType::kTopic, "orders", "retention.ms", "1000")});
  const TopicPtr held = image().FindTopic(kOrders);
  log_.MustAppend({MakeRemoveTopicRecord(kOrders)});
  EXPECT_EQ(image().FindTopic(kOrders), nullptr);
  EXPECT_EQ(image().FindTopicByName("orders"), nullptr);
  EXPECT_EQ(image().partition_count(), 0);
  EXPECT_TRUE(image().Configs(ConfigResourceType::kTopic, "orders").empty());
  EXPECT_EQ(held->partition_count(), 2);
  EXPECT_THAT(Contradicts(MakeRemoveTopicRecord(kOrders)), HasSubstr(kOrders.ToString()));
  log_.MustAppend({MakeTopicRecord("orders", kOther)});
  EXPECT_EQ(image().FindTopicByName("orders")->id(), kOther);
  EXPECT_EQ(image().FindTopicByName("orders")->partition_count(), 0);
}

TEST_F(TopicsTest, AnErrorIsShortAndPrintable) {
  const std::string error =
      IsMalformed(MakeTopicRecord(std::string(kMaxTopicNameBytes, '\n'), kOther));
  EXPECT_THAT(error, HasSubstr("\\n"));
  EXPECT_LT(error.size(), 1000u);
}

}  // namespace
}  // namespace quorate::metadata
