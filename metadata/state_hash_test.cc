// Tests that an image is hashed in slices, and that the slices make no difference to the hash.
#include "metadata/state_hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "metadata/record_builders.h"
#include "metadata/testing/random_log.h"
#include "metadata/testing/test_log.h"

namespace quorate::metadata {
namespace {

struct Sliced {
  uint64_t hash = 0;
  size_t slices = 0;
  // The most values of one slice.
  size_t largest = 0;
};

Sliced HashInSlices(const MetadataImage& image, size_t budget) {
  StateHasher hasher(image);
  Sliced result;
  for (bool more = true; more; ++result.slices) {
    const size_t before = hasher.hashed();
    more = hasher.Next(budget);
    result.largest = std::max(result.largest, hasher.hashed() - before);
  }
  result.hash = hasher.Digest();
  return result;
}

TEST(StateHashTest, SlicesMakeNoDifference) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    RandomLog log(seed);
    for (int i = 0; i < 100; ++i) log.AppendBatch();
    const uint64_t hash = StateHash(log.image());
    for (const size_t budget : {size_t{1}, size_t{7}, size_t{1'000}}) {
      EXPECT_EQ(HashInSlices(log.image(), budget).hash, hash) << "seed " << seed;
    }
  }
}

TEST(StateHashTest, ASliceIsSmallHoweverTheItemsAreDistributed) {
  TestLog log;
  log.MustAppend({MakeMetadataVersionRecord(2)});
  const auto create = [&log](uint16_t topic, const NewPartition& partition, size_t count) {
    log.MustAppend(
        {MakeTopicRecord("t" + std::to_string(topic), TestUuid(topic)),
         MakePartitionsRecord(TestUuid(topic), 0, std::vector<NewPartition>(count, partition))});
  };
  const NewPartition plain{
      .replicas = {BrokerId(1), BrokerId(2)}, .isr_mask = 3, .leader_position = 0};
  NewPartition rare = plain;
  rare.directories = {TestUuid(0x1000), TestUuid(0x2000)};
  create(1, plain, 50'000);
  create(2, rare, 20'000);
  for (uint16_t i = 0; i < 5'000; ++i) create(static_cast<uint16_t>(100 + i), plain, 1);
  std::vector<v1::Record> records;
  for (int i = 0; i < 5'000; ++i) {
    records.push_back(MakeConfigRecord(ConfigResourceType::kTopic, "t" + std::to_string(100 + i),
                                       "retention.ms", "1"));
    records.push_back(MakeRequestResultRecord({.principal = "p",
                                               .request_id = {TestUuid(1), i + 1},
                                               .method = "m",
                                               .request_hash = 1,
                                               .items = {},
                                               .response = ""}));
  }
  log.MustAppend(records);

  constexpr size_t kBudget = 10'000;
  const Sliced sliced = HashInSlices(log.image(), kBudget);
  EXPECT_LE(sliced.largest, kBudget + 2'000);
  EXPECT_GE(sliced.slices, 60u);
  EXPECT_EQ(sliced.hash, StateHash(log.image()));
}

}  // namespace
}  // namespace quorate::metadata
