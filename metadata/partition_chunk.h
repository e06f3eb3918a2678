// Up to 64 consecutive partitions of a topic, the unit that a change of one partition copies.
// Internal to metadata/: everyone else reads partitions through PartitionView.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "metadata/metadata_image.h"

namespace quorate::metadata {

struct PartitionChunk {
  static constexpr int32_t kPartitions = 64;

  struct Row {
    uint32_t isr_mask = 0;
    int32_t leader_epoch = 0;
    int32_t partition_epoch = 0;
    // Where the partition's replicas begin in `replicas`.
    uint16_t replicas_begin = 0;
    uint8_t replica_count = 0;
    // Position among the replicas plus 1; 0: no leader.
    uint8_t leader_position_plus_1 = 0;
  };
  static_assert(sizeof(Row) == 16);
  static_assert(kPartitions * kMaxReplicas <= UINT16_MAX);

  std::vector<Row> rows;
  // Of all rows, one after the other.
  std::vector<int32_t> replicas;
};

}  // namespace quorate::metadata
