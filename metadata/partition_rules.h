// The rules that the state of every partition follows. Internal to metadata/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "metadata/partition_extras.h"

namespace quorate::metadata {

// Returns what is wrong with a list of replicas, or "".
std::string FindReplicaProblem(std::span<const int32_t> replicas);

// Returns which rule the state of a partition breaks, or "". Only a member of the ISR can lead. An
// empty ISR is possible only if there is another replica from which a leader may be chosen
// (KIP-966): an eligible one, or the last known leader.
std::string FindStateProblem(size_t replica_count, uint32_t isr_mask,
                             uint32_t leader_position_plus_1, const PartitionExtras& extras);

}  // namespace quorate::metadata
