// Replays random logs into images and into a naive model. Images of every age must keep agreeing
// with their model. The test parameter is the seed, so a failure prints it.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/random.h"
#include "metadata/record_builders.h"
#include "metadata/state_hash.h"
#include "metadata/testing/naive_model.h"
#include "metadata/testing/random_log.h"
#include "metadata/testing/test_log.h"

namespace quorate::metadata {
namespace {

struct Kept {
  MetadataImage image;
  NaiveModel model;
  uint64_t hash = 0;
};

void ExpectLookupsAgree(const MetadataImage& image, const NaiveModel& model) {
  EXPECT_EQ(image.topic_count(), model.topics.size());
  int64_t partitions = 0;
  for (const auto& item : model.topics) {
    const Uuid& id = item.first;
    const NaiveTopic& topic = item.second;
    partitions += static_cast<int64_t>(topic.partitions.size());
    ASSERT_NE(image.FindTopic(id), nullptr);
    ASSERT_EQ(image.FindTopicByName(topic.name), image.FindTopic(id));
    const bool collides =
        std::any_of(model.topics.begin(), model.topics.end(), [&](const auto& other) {
          std::string a = topic.name;
          std::string b = other.second.name;
          std::replace(a.begin(), a.end(), '.', '_');
          std::replace(b.begin(), b.end(), '.', '_');
          return a == b && topic.name != other.second.name;
        });
    ASSERT_EQ(image.FindCollidingTopic(topic.name) != nullptr, collides) << topic.name;
  }
  EXPECT_EQ(image.partition_count(), partitions);
  for (const RequestResult& result : model.results) {
    const RequestLookup lookup = image.FindRequest(result.principal, result.request_id);
    ASSERT_EQ(lookup.kind, RequestLookup::Kind::kKnown);
    ASSERT_EQ(*lookup.result, result);
  }
}

// Compares ForEachChangedTopic and ForEachChangedPartition with a comparison of the whole models.
void ExpectDiffsAgree(const Kept& before, const MetadataImage& image, const NaiveModel& model) {
  std::set<Uuid> expected;
  for (const auto& [id, topic] : before.model.topics) {
    const auto now = model.topics.find(id);
    if (now == model.topics.end() || !(now->second == topic)) expected.insert(id);
  }
  for (const auto& [id, topic] : model.topics) {
    if (before.model.topics.count(id) == 0) expected.insert(id);
  }
  std::set<Uuid> told;
  bool deletions_are_over = false;
  image.ForEachChangedTopic(before.image, [&](const TopicPtr& old, const TopicPtr& now) {
    ASSERT_TRUE(old != nullptr || now != nullptr);
    if (now != nullptr) deletions_are_over = true;
    ASSERT_EQ(now == nullptr, !deletions_are_over);
    const Uuid id = now == nullptr ? old->id() : now->id();
    ASSERT_TRUE(told.insert(id).second);
    ASSERT_EQ(old, before.image.FindTopic(id));
    ASSERT_EQ(now, image.FindTopic(id));
    if (now == nullptr) return;
    std::vector<int32_t> changed;
    for (int32_t i = 0; i < now->partition_count(); ++i) {
      const bool known = old != nullptr && i < old->partition_count();
      const auto index = static_cast<size_t>(i);
      if (!known || !(before.model.topics.at(id).partitions[index] ==
                      model.topics.at(id).partitions[index])) {
        changed.push_back(i);
      }
    }
    std::vector<int32_t> changed_by_image;
    now->ForEachChangedPartition(
        old.get(), [&](const PartitionView& view) { changed_by_image.push_back(view.index()); });
    ASSERT_EQ(changed_by_image, changed);
  });
  EXPECT_EQ(told, expected);
}

class ReplayRandomTest : public ::testing::TestWithParam<uint64_t> {};

TEST_P(ReplayRandomTest, AgreesWithTheModelAtEveryAge) {
  RandomLog log(GetParam());
  std::vector<Kept> kept;
  Rng rng(GetParam() + 1000);
  for (int step = 0; step < 600; ++step) {
    ASSERT_NO_FATAL_FAILURE(log.AppendBatch());
    if (step % 20 != 0) continue;
    ASSERT_EQ(ReadModel(log.image()), log.model()) << "step " << step;
    ASSERT_NO_FATAL_FAILURE(ExpectLookupsAgree(log.image(), log.model()));
    kept.push_back({log.image(), log.model(), StateHash(log.image())});
    ASSERT_NO_FATAL_FAILURE(
        ExpectDiffsAgree(kept[rng.Below(kept.size())], log.image(), log.model()));
  }
  for (const Kept& old : kept) {
    ASSERT_EQ(ReadModel(old.image), old.model);
    ASSERT_EQ(StateHash(old.image), old.hash);
  }
}

TEST_P(ReplayRandomTest, TheSameBytesGiveTheSameState) {
  RandomLog log(GetParam());
  for (int step = 0; step < 200; ++step) ASSERT_NO_FATAL_FAILURE(log.AppendBatch());
  // Replay the bytes into an image that shares no nodes with the images above.
  TestLog again;
  again.MustAppend({MakeMetadataVersionRecord(log.image().metadata_version())});
  MetadataImage image = again.image();
  for (const std::string& payload : log.payloads()) {
    v1::RecordBatch batch;
    ASSERT_TRUE(batch.ParseFromString(payload));
    auto next = ReplayPayload(
        image,
        {.epoch = Epoch(9), .base_offset = image.end_offset(), .record_count = CountRecords(batch)},
        payload);
    ASSERT_TRUE(next.ok()) << next.status();
    image = *std::move(next);
  }
  EXPECT_EQ(image.end_offset(), log.image().end_offset());
  EXPECT_EQ(StateHash(image), StateHash(log.image()));
}

INSTANTIATE_TEST_SUITE_P(Seeds, ReplayRandomTest, ::testing::Range(uint64_t{1}, uint64_t{9}));

}  // namespace
}  // namespace quorate::metadata
