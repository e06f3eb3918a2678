// The texts of masks, positions and extras of partitions. Internal to metadata/.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "metadata/topic_image.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// In these functions, `names` are the names of the replicas, in order. Of a replica without a name,
// the position is written instead, as "#0".

// Returns the replicas whose bits are set.
std::string MaskText(uint32_t mask, const std::vector<std::string>& names);
// Returns the leader, or "none" for 0.
std::string LeaderText(uint32_t position_plus_1, const std::vector<std::string>& names);
// Returns e.g. " adding=4 removing=1 elr=2 last_known_leader=3 recovering", without what is unused.
std::string ExtrasText(const v1::PartitionExtras& extras, const std::vector<std::string>& names);
// Returns the same of a partition in an image, then e.g. " directories=ID,-,ID" if any replica has
// one.
std::string ExtrasText(const PartitionView& partition);

}  // namespace quorate::metadata
