// Checks the state of one partition after each committed entry, whatever the entry is (invariant
// 16, docs/simulation.md).
#pragma once

#include <string>

#include "metadata/metadata_image.h"

namespace quorate::sim {

// Returns whether the broker may lead and may be in ISRs.
bool IsActive(const metadata::MetadataImage& image, BrokerId broker);
// Returns whether the topic's own config allows unclean elections.
bool AllowsUnclean(const metadata::MetadataImage& image, const metadata::TopicImage& topic);
// Returns a mask of the replicas that stay when the partition's reassignment completes.
uint32_t TargetMask(const metadata::PartitionView& partition);
inline bool IsReassigning(const metadata::PartitionView& partition) {
  return (partition.adding_mask() | partition.removing_mask()) != 0;
}

// Returns which rule the partition breaks in this image, or "".
std::string FindStateProblem(const metadata::MetadataImage& image,
                             const metadata::PartitionView& partition);

}  // namespace quorate::sim
