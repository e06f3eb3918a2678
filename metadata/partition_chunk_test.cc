// What the chunks of different images share, and what changes cost.
#include "metadata/partition_chunk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "metadata/testing/test_log.h"

namespace quorate::metadata {
namespace {

using ::testing::ElementsAre;

const std::vector<int32_t> kReplicas = {3, 1, 2};
const std::vector<Uuid> kDirectories = {TestUuid(1000), TestUuid(1001)};

class PartitionChunkTest : public ::testing::Test {
 protected:
  PartitionChunkTest() {
    for (int32_t i = 0; i < 5; ++i) Add({.partition = i, .isr_mask = 1, .replicas = kReplicas});
  }
  void Add(const PartitionUpdate& update) { chunk_.Add({&update, 1}, kDirectories); }
  void Change(const PartitionUpdate& update) { chunk_.Change({&update, 1}, kDirectories); }

  PartitionChunk chunk_;
};

TEST_F(PartitionChunkTest, WithoutExtrasThereIsNoTable) {
  EXPECT_EQ(chunk_.extras, nullptr);
  const std::vector<int32_t> moved = {4, 5};
  Change({.partition = 2, .isr_mask = 2, .replicas = moved});
  EXPECT_EQ(chunk_.extras, nullptr);
  EXPECT_THAT(chunk_.replicas, ElementsAre(3, 1, 2, 3, 1, 2, 4, 5, 3, 1, 2, 3, 1, 2));
  EXPECT_EQ(chunk_.rows[3].replicas_begin, 8);
}

TEST_F(PartitionChunkTest, AnOrdinaryChangeSharesTheTable) {
  const PartitionExtras recovering{.recovering = true};
  const std::vector<uint32_t> directories = {2, 0, 1};
  Change({.partition = 2, .isr_mask = 1, .extras = &recovering, .directories = directories.data()});
  const PartitionChunk before = chunk_;
  Change({.partition = 2, .isr_mask = 4});
  Change({.partition = 3, .isr_mask = 2});
  Add({.partition = 5, .isr_mask = 1, .replicas = kReplicas});
  EXPECT_NE(chunk_.extras, nullptr);
  EXPECT_EQ(chunk_.extras, before.extras);
}

TEST_F(PartitionChunkTest, ATableThatWouldBeEmptyIsDropped) {
  const PartitionExtras recovering{.recovering = true};
  const std::vector<uint32_t> directories = {2, 0, 1};
  Change({.partition = 2, .isr_mask = 1, .extras = &recovering});
  Change({.partition = 4, .isr_mask = 1, .directories = directories.data()});
  const PartitionExtras none;
  Change({.partition = 2, .isr_mask = 1, .extras = &none});
  ASSERT_NE(chunk_.extras, nullptr);
  EXPECT_EQ(chunk_.extras->DirectoryOf(12), kDirectories[1]);
  EXPECT_TRUE(chunk_.extras->DirectoryOf(13).is_zero());
  Change({.partition = 4, .isr_mask = 1, .replicas = kReplicas});
  EXPECT_EQ(chunk_.extras, nullptr);
}

}  // namespace
}  // namespace quorate::metadata
