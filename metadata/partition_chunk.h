// PartitionChunk holds up to 64 consecutive partitions of a topic. Changing one partition copies
// its chunk. Internal to metadata/: other code reads partitions through PartitionView.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/uuid.h"
#include "metadata/chunk_extras.h"
#include "metadata/partition_extras.h"
#include "metadata/topic_image.h"

namespace quorate::metadata {

// The state that a record gives to one partition. The pointers are null if the record does not have
// these fields for the partition. A changed partition then keeps what it has, unless its replicas
// change: then it has none.
struct PartitionUpdate {
  int32_t partition = 0;
  uint32_t isr_mask = 0;
  // 1 to kMaxReplicas broker ids, in order of preference. Empty if a change leaves the replicas as
  // they are.
  std::span<const int32_t> replicas;
  int32_t leader_epoch = 0;
  int32_t partition_epoch = 0;
  // Position of the leader in the replicas plus 1; 0 if there is no leader.
  uint8_t leader_position_plus_1 = 0;
  const PartitionExtras* extras = nullptr;
  // For each replica, the position of its directory in the record's list plus 1, or 0 if it has
  // none.
  const uint32_t* directories = nullptr;
};

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

  // Adds the partitions behind the last one. `directory_ids` is the record's list of directories.
  // REQUIRES: there is room for them.
  void Add(std::span<const PartitionUpdate> added, std::span<const Uuid> directory_ids);
  // Changes partitions that this chunk has, in ascending order.
  void Change(std::span<const PartitionUpdate> changes, std::span<const Uuid> directory_ids);

  std::vector<Row> rows;
  // The replicas of all rows, one row after the other.
  std::vector<int32_t> replicas;
  // Null if no partition has extras or directories. Copies of the chunk share it until it changes.
  std::shared_ptr<const ChunkExtras> extras;

 private:
  // Gives the rows of `updates`, which are ascending, their replicas, extras and directories.
  void Rebuild(std::span<const PartitionUpdate> updates, std::span<const Uuid> directory_ids);
};

}  // namespace quorate::metadata
