// Checks the memory budget: 200 bytes per partition at a million partitions, measured as the growth
// of resident memory over the empty image (metadata/README.md has the actual figure). This is a
// separate program, so that nothing else grows meanwhile. It is not built with sanitizers, because
// they use memory themselves.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/uuid.h"
#include "metadata/testing/test_log.h"

namespace quorate::metadata {
namespace {

int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t total_pages = 0;
  int64_t resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * sysconf(_SC_PAGESIZE);
}

TEST(ImageMemoryTest, AMillionPartitionsTake200BytesEach) {
  constexpr int kTopics = 10'000;
  constexpr int kPartitionsPerTopic = 100;
  Rng rng(1);
  TestLog log;
  log.MustAppend({MakeMetadataVersionRecord(kLatestMetadataVersion)});
  std::vector<NewPartition> partitions;
  for (int i = 0; i < kPartitionsPerTopic; ++i) {
    partitions.push_back(
        {.replicas = {BrokerId(i % 50), BrokerId(i % 50 + 1), BrokerId(i % 50 + 2)},
         .isr_mask = 7,
         .leader_position = 0});
  }
  const int64_t before = ResidentBytes();
  ASSERT_GT(before, 0);
  for (int i = 0; i < kTopics; ++i) {
    const Uuid id = Uuid::Random(rng);
    log.MustAppend({MakeTopicRecord("a-topic-of-ordinary-length-" + std::to_string(i), id),
                    MakePartitionsRecord(id, 0, partitions)});
  }
  const int64_t bytes_per_partition = (ResidentBytes() - before) / log.image().partition_count();
  EXPECT_EQ(log.image().partition_count(), int64_t{kTopics} * kPartitionsPerTopic);
  RecordProperty("bytes_per_partition", static_cast<int>(bytes_per_partition));
  std::cout << bytes_per_partition << " bytes a partition\n";
  EXPECT_LT(bytes_per_partition, 200);
  EXPECT_GT(bytes_per_partition, 12);  // three replica ids: less would be a wrong measurement
  // A row, three replica ids, and a share of the chunk and the topic: properties that few
  // partitions have (PartitionExtras, directories) take no memory of the others.
  EXPECT_LE(bytes_per_partition, 16 + 12 + 8);
}

}  // namespace
}  // namespace quorate::metadata
