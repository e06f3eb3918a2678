// What holds for every cluster, whatever was asked of its controller.
#pragma once

#include "metadata/metadata_image.h"

namespace quorate::fuzz {

// Checks what one batch of records changed: epochs never fall, and they grow exactly as the rules
// of leader epochs, partition epochs and broker epochs say.
void CheckBatch(const metadata::MetadataImage& before, const metadata::MetadataImage& after);

// Checks the leaders, ISRs and reassignments of all partitions. REQUIRES: no change of many
// partitions is in progress (Decision::again).
void CheckPartitions(const metadata::MetadataImage& image);

}  // namespace quorate::fuzz
