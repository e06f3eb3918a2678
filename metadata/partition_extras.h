// PartitionExtras holds the properties of one partition that few partitions have.
#pragma once

#include <cstdint>
#include <optional>

namespace quorate::metadata {

// The metadata version from which on partitions may have extras.
inline constexpr uint32_t kPartitionExtrasVersion = 2;

// A value type. In each mask, bit i stands for the replica at position i.
struct PartitionExtras {
  // The replicas that a reassignment adds and removes (KIP-455). The added ones are already among
  // the replicas, and the removed ones still are.
  uint32_t adding_mask = 0;
  uint32_t removing_mask = 0;
  // The eligible leader replicas (KIP-966): they have left the ISR, but have everything that was
  // committed.
  uint32_t elr_mask = 0;
  // The position of the last known leader (KIP-966): the replica that led before the ISR became
  // empty.
  std::optional<uint8_t> last_known_leader_position;
  // Whether the leader was elected uncleanly and has not finished its recovery (KIP-704).
  bool recovering = false;

  // Returns whether the partition has none of the properties.
  bool empty() const { return *this == PartitionExtras(); }

  friend bool operator==(const PartitionExtras&, const PartitionExtras&) = default;
};

}  // namespace quorate::metadata
