// PartitionChunk holds up to 64 consecutive partitions of a topic. Changing one partition copies
// its chunk. Internal to metadata/: other code reads partitions through PartitionView.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "metadata/topic_image.h"

namespace quorate::metadata {

struct PartitionChunk {
  static constexpr int32_t kPartitions = 64;

  struct Row {
    uint32_t isr_mask = 0;
    int32_t leader_epoch = 0;
    int32_t partition_epoch = 0;
    // Index in `replicas` of the partition's first replica.
    uint16_t replicas_begin = 0;
    uint8_t replica_count = 0;
    // Position of the leader among the partition's replicas plus 1; 0 if there is no leader.
    uint8_t leader_position_plus_1 = 0;
  };
  static_assert(sizeof(Row) == 16);
  static_assert(kPartitions * kMaxReplicas <= UINT16_MAX);

  std::vector<Row> rows;
  // The replicas of all rows, one row after the other.
  std::vector<int32_t> replicas;
};

}  // namespace quorate::metadata
