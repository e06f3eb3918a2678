#include "metadata/metadata_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "metadata/image_text.h"
#include "metadata/state_hash.h"
#include "metadata/testing/test_log.h"
#include "metadata/topic_name.h"

namespace quorate::metadata {
namespace {

using ::testing::ElementsAre;

const NewPartition kPartition{
    .replicas = {BrokerId(1), BrokerId(2)}, .isr_mask = 3, .leader_position = 0};

Uuid Scattered(uint64_t n) {
  Rng rng(n);
  return Uuid::Random(rng);
}

class MetadataImageTest : public ::testing::Test {
 protected:
  MetadataImageTest() { log_.MustAppend({MakeMetadataVersionRecord(1)}); }

  const MetadataImage& image() const { return log_.image(); }
  void Create(const std::string& name, const Uuid& id, int partitions = 1) {
    log_.MustAppend(
        {MakeTopicRecord(name, id),
         MakePartitionsRecord(
             id, 0, std::vector<NewPartition>(static_cast<size_t>(partitions), kPartition))});
  }
  void Change(const Uuid& id, int32_t partition, uint32_t mask = 1) {
    log_.MustAppend({MakePartitionChangesRecord(
        id, std::vector<PartitionChange>{
                {.partition = partition, .isr_mask = mask, .leader_position = 0}})});
  }
  std::vector<std::pair<std::string, std::string>> Changes(const MetadataImage& before,
                                                           const MetadataImage& now) {
    std::vector<std::pair<std::string, std::string>> changes;
    const auto name = [](const TopicPtr& topic) {
      return topic == nullptr ? std::string() : topic->name();
    };
    now.ForEachChangedTopic(before, [&](const TopicPtr& old, const TopicPtr& changed) {
      changes.emplace_back(name(old), name(changed));
    });
    return changes;
  }
  std::vector<int32_t> ChangedPartitions(const TopicImage* before, const TopicImage& now) {
    std::vector<int32_t> changed;
    now.ForEachChangedPartition(
        before, [&](const PartitionView& view) { changed.push_back(view.index()); });
    return changed;
  }

  TestLog log_;
};

TEST_F(MetadataImageTest, TheEmptyImage) {
  const MetadataImage empty;
  EXPECT_EQ(empty.topic_count(), 0u);
  EXPECT_EQ(empty.metadata_version(), 0u);
  EXPECT_TRUE(empty.brokers().empty());
  EXPECT_TRUE(empty.TopicsByName().empty());
  EXPECT_EQ(empty.FindTopicByName("orders"), nullptr);
  EXPECT_EQ(empty.FindRequest("alice", {TestUuid(1), 1}).kind, RequestLookup::Kind::kNew);
  EXPECT_THAT(Changes(empty, empty), ElementsAre());
}

TEST_F(MetadataImageTest, ACopyStaysAsItWas) {
  Create("orders", TestUuid(1), 100);
  const MetadataImage copy = image();
  const std::string text = ImageText(copy);
  Change(TestUuid(1), 70);
  Create("other", TestUuid(2));
  log_.MustAppend({MakeRemoveTopicRecord(TestUuid(1)),
                   MakeRequestResultRecord({.request_id = {TestUuid(9), 1}})});
  EXPECT_EQ(ImageText(copy), text);
  EXPECT_NE(ImageText(image()), text);
}

TEST_F(MetadataImageTest, WhatDidNotChangeIsShared) {
  Create("orders", Scattered(1), 200);
  Create("other", Scattered(2));
  const MetadataImage before = image();
  Change(Scattered(1), 70);
  EXPECT_EQ(image().FindTopic(Scattered(2)), before.FindTopic(Scattered(2)));
  const auto replicas_at = [](const MetadataImage& of, int32_t partition) {
    return of.FindTopic(Scattered(1))->partition(partition).replicas().data();
  };
  EXPECT_EQ(replicas_at(image(), 0), replicas_at(before, 0));
  EXPECT_NE(replicas_at(image(), 70), replicas_at(before, 70));
  EXPECT_EQ(replicas_at(image(), 130), replicas_at(before, 130));
}

TEST_F(MetadataImageTest, TopicsComeByIdAndByName) {
  std::vector<Uuid> ids;
  for (uint64_t i = 0; i < 300; ++i) {
    ids.push_back(Scattered(i));
    Create("topic-" + std::to_string(i), ids.back());
  }
  std::sort(ids.begin(), ids.end());
  std::vector<Uuid> seen;
  image().ForEachTopic([&](const TopicPtr& topic) { seen.push_back(topic->id()); });
  EXPECT_EQ(seen, ids);
  const std::vector<TopicPtr> by_name = image().TopicsByName();
  EXPECT_EQ(by_name.size(), 300u);
  EXPECT_TRUE(std::is_sorted(by_name.begin(), by_name.end(),
                             [](const auto& a, const auto& b) { return a->name() < b->name(); }));
}

TEST_F(MetadataImageTest, NamesThatDifferOnlyInDotsAndUnderscoresCollide) {
  Create("a.b_c", TestUuid(1));
  EXPECT_EQ(image().FindCollidingTopic("a.b_c"), nullptr);
  EXPECT_EQ(image().FindCollidingTopic("a_b.c")->name(), "a.b_c");
  EXPECT_EQ(image().FindCollidingTopic("a.b.c")->name(), "a.b_c");
  EXPECT_EQ(image().FindCollidingTopic("a-b-c"), nullptr);
  EXPECT_EQ(image().FindTopicByName("a_b.c"), nullptr);
  // Replay accepts such names; the controller refuses them.
  Create("a_b_c", TestUuid(2));
  EXPECT_EQ(image().FindTopicByName("a.b_c")->id(), TestUuid(1));
  EXPECT_EQ(image().FindTopicByName("a_b_c")->id(), TestUuid(2));
  EXPECT_EQ(image().FindCollidingTopic("a_b_c")->name(), "a.b_c");
  log_.MustAppend({MakeRemoveTopicRecord(TestUuid(1))});
  EXPECT_EQ(image().FindCollidingTopic("a_b_c"), nullptr);
  EXPECT_EQ(image().FindTopicByName("a_b_c")->id(), TestUuid(2));
}

TEST_F(MetadataImageTest, ChangedTopicsAreToldDeletionsFirst) {
  Create("kept", Scattered(1));
  Create("changed", Scattered(2));
  Create("deleted", Scattered(3));
  Create("again", Scattered(4));
  const MetadataImage before = image();
  Change(Scattered(2), 0);
  log_.MustAppend({MakeRemoveTopicRecord(Scattered(3)), MakeRemoveTopicRecord(Scattered(4))});
  Create("again", Scattered(5));
  auto changes = Changes(before, image());
  ASSERT_EQ(changes.size(), 4u);
  std::sort(changes.begin(), changes.begin() + 2);
  std::sort(changes.begin() + 2, changes.end());
  EXPECT_THAT(changes, ElementsAre(std::pair("again", ""), std::pair("deleted", ""),
                                   std::pair("", "again"), std::pair("changed", "changed")));
  EXPECT_THAT(Changes(image(), image()), ElementsAre());
}

TEST_F(MetadataImageTest, ATopicThatIsEqualAgainDidNotChange) {
  Create("orders", TestUuid(1), 100);
  const MetadataImage before = image();
  TestLog other;
  other.MustAppend(
      {MakeMetadataVersionRecord(1), MakeTopicRecord("orders", TestUuid(1)),
       MakePartitionsRecord(TestUuid(1), 0, std::vector<NewPartition>(100, kPartition))});
  EXPECT_NE(other.image().FindTopic(TestUuid(1)), before.FindTopic(TestUuid(1)));
  EXPECT_EQ(*other.image().FindTopic(TestUuid(1)), *before.FindTopic(TestUuid(1)));
  EXPECT_THAT(Changes(before, other.image()), ElementsAre());
}

TEST_F(MetadataImageTest, ChangedPartitions) {
  Create("orders", TestUuid(1), 130);
  const TopicPtr before = image().FindTopic(TestUuid(1));
  EXPECT_EQ(ChangedPartitions(nullptr, *before).size(), 130u);
  Change(TestUuid(1), 0);
  Change(TestUuid(1), 64);
  log_.MustAppend(
      {MakePartitionsRecord(TestUuid(1), 130, std::vector<NewPartition>(2, kPartition))});
  const TopicPtr now = image().FindTopic(TestUuid(1));
  EXPECT_THAT(ChangedPartitions(before.get(), *now), ElementsAre(0, 64, 130, 131));
  EXPECT_THAT(ChangedPartitions(now.get(), *now), ElementsAre());
  EXPECT_FALSE(*before == *now);
}

TEST_F(MetadataImageTest, AViewReadsMembersByBroker) {
  Create("orders", TestUuid(1));
  Change(TestUuid(1), 0);
  const TopicPtr topic = image().FindTopic(TestUuid(1));
  const PartitionView view = topic->partition(0);
  EXPECT_TRUE(view.InIsr(BrokerId(1)));
  EXPECT_FALSE(view.InIsr(BrokerId(2)));
  EXPECT_FALSE(view.InIsr(BrokerId(3)));
  EXPECT_EQ(view.replica(1), BrokerId(2));
  EXPECT_EQ(view.isr_mask(), 1u);
  EXPECT_EQ(view.isr_count(), 1u);
}

TEST(MetadataImageDeathTest, APartitionBeyondTheLast) {
  TestLog log;
  log.MustAppend({MakeMetadataVersionRecord(1), MakeTopicRecord("orders", TestUuid(1))});
  EXPECT_DEATH(log.image().FindTopic(TestUuid(1))->partition(0), "orders-0");
}

TEST_F(MetadataImageTest, TheStateHashIsOfTheContent) {
  Create("orders", TestUuid(1), 3);
  const uint64_t hash = StateHash(image());
  log_.MustAppend({MakeNoOpRecord()});
  EXPECT_EQ(StateHash(image()), hash);
  log_.NewEpoch();
  Create("other", TestUuid(2));
  EXPECT_NE(StateHash(image()), hash);
  log_.MustAppend({MakeRemoveTopicRecord(TestUuid(2))});
  EXPECT_EQ(StateHash(image()), hash);
}

// Controllers of two releases compare their hashes during an upgrade. Never adjust the numbers to
// make this test pass: a family of records that is newer than metadata version 1 adds nothing to
// the hash as long as its part of the image is empty.
TEST_F(MetadataImageTest, TheStateHashOfMetadataVersion1IsPinned) {
  EXPECT_EQ(StateHash(MetadataImage()), 1246898799889963689u);
  EXPECT_EQ(StateHash(image()), 529867176766549521u);
  Create("orders", TestUuid(1), 2);
  Change(TestUuid(1), 1);
  const int64_t broker_epoch = log_.end_offset();
  log_.MustAppend({MakeRegisterBrokerRecord({.id = BrokerId(1),
                                             .incarnation_id = TestUuid(7),
                                             .broker_epoch = broker_epoch,
                                             .endpoint = {.host = "b", .port = 9092},
                                             .rack = "r",
                                             .endpoint_verified = true}),
                   MakeBrokerRegistrationChangeRecord(BrokerId(1), broker_epoch, {.fenced = false}),
                   MakeConfigRecord(ConfigResourceType::kTopic, "orders", "a", "1"),
                   MakeConfigRecord(ConfigResourceType::kBroker, "1", "b", "2")});
  // The table of results is limited to 32 MiB, so the second result evicts the first one.
  for (const int64_t sequence : {1, 2}) {
    log_.MustAppend({MakeRequestResultRecord(
        {.principal = "alice",
         .request_id = {TestUuid(9), sequence},
         .method = "m",
         .request_hash = 5,
         .items = {{.code = 36, .message = std::string(20 << 20, 'm'), .topic_id = {}},
                   {.code = 0, .message = "", .topic_id = TestUuid(1)}}})});
  }
  EXPECT_EQ(image().request_result_count(), 1u);
  EXPECT_EQ(StateHash(image()), 3512416134409035246u);
}

TEST_F(MetadataImageTest, TheStateHashSeesEachField) {
  std::vector<uint64_t> hashes = {StateHash(MetadataImage()), StateHash(image())};
  const auto append = [&](const v1::Record& record) {
    log_.MustAppend({record});
    hashes.push_back(StateHash(image()));
  };
  BrokerRegistration broker{.id = BrokerId(1),
                            .incarnation_id = TestUuid(7),
                            .broker_epoch = 0,
                            .endpoint = {.host = "b", .port = 1},
                            .rack = "",
                            .endpoint_verified = false};
  const auto append_broker = [&] {
    broker.broker_epoch = log_.end_offset();
    append(MakeRegisterBrokerRecord(broker));
  };
  append_broker();
  broker.rack = "r";
  append_broker();
  broker.endpoint_verified = true;
  append_broker();
  broker.endpoint.port = 2;
  append_broker();
  append(MakeBrokerRegistrationChangeRecord(BrokerId(1), broker.broker_epoch, {.fenced = false}));
  append(MakeBrokerRegistrationChangeRecord(BrokerId(1), broker.broker_epoch,
                                            {.in_controlled_shutdown = true}));
  append(MakeTopicRecord("orders", TestUuid(1)));
  append(MakePartitionsRecord(TestUuid(1), 0, std::vector<NewPartition>{kPartition}));
  for (const uint32_t mask : {3u, 1u, 1u}) {
    append(MakePartitionChangesRecord(
        TestUuid(1), std::vector<PartitionChange>{{.partition = 0, .isr_mask = mask}}));
  }
  append(MakeConfigRecord(ConfigResourceType::kTopic, "orders", "a", "1"));
  append(MakeConfigRecord(ConfigResourceType::kTopic, "orders", "a", "2"));
  append(MakeConfigRecord(ConfigResourceType::kBroker, "1", "a", "2"));
  append(MakeRequestResultRecord({.request_id = {TestUuid(9), 1}}));
  append(
      MakeRequestResultRecord({.request_id = {TestUuid(9), 2}, .items = {RequestResult::Item()}}));
  std::sort(hashes.begin(), hashes.end());
  EXPECT_EQ(std::adjacent_find(hashes.begin(), hashes.end()), hashes.end());
}

TEST(TopicNameTest, KafkasRules) {
  for (const char* name : {"a", "A.b_c-9", "...", "__consumer_offsets"}) {
    EXPECT_TRUE(ValidateTopicName(name).ok()) << name;
  }
  EXPECT_TRUE(ValidateTopicName(std::string(249, 'a')).ok());
  for (const char* name : {"", ".", "..", "a b", "a/b", "ü", "a\n"}) {
    EXPECT_EQ(ValidateTopicName(name).code(), absl::StatusCode::kInvalidArgument) << name;
  }
  EXPECT_THAT(std::string(ValidateTopicName(std::string(250, 'a')).message()),
              ::testing::HasSubstr("250"));
}

}  // namespace
}  // namespace quorate::metadata
