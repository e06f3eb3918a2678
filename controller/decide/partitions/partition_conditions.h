// The conditions of partitions that operators watch. Counts, filters and metrics agree on them.
#pragma once

#include <cstddef>
#include <optional>

#include "metadata/families/configs.h"
#include "metadata/metadata_image.h"

namespace quorate::controller {

// Returns the min.insync.replicas that applies to a topic with these configs; null if it has none.
size_t MinIsrOf(const metadata::ConfigsImage& configs, const metadata::ConfigsImage::Values* own);
// Returns the min.insync.replicas of the topic itself; nullopt if it has the default of all
// brokers.
std::optional<size_t> OwnMinIsrOf(const metadata::ConfigsImage::Values* own);

// Without a leader.
inline bool IsOffline(const metadata::PartitionView& partition) {
  return !partition.leader_position().has_value();
}

// The ISR is smaller than the replica set. As in Kafka, the replicas that a reassignment adds do
// not count, because they are not in the ISR until they have caught up.
inline bool IsUnderReplicated(const metadata::PartitionView& partition) {
  const auto added = static_cast<size_t>(__builtin_popcount(partition.adding_mask()));
  return partition.isr_count() + added < partition.replica_count();
}

// Without a leader, or the ISR is smaller than the topic's min.insync.replicas (at most the number
// of replicas), so that writes with acks=all fail.
bool IsUnderMinIsr(const metadata::PartitionView& partition, size_t min_isr);

// With a leader and exactly that many ISR members: the next loss makes such writes fail.
bool IsAtMinIsr(const metadata::PartitionView& partition, size_t min_isr);

}  // namespace quorate::controller
