// One number for all that an image holds, so that replicas, restarts and snapshots are compared
// without comparing them.
#pragma once

#include <cstdint>

#include "metadata/metadata_image.h"

namespace quorate::metadata {

// XXH3-64 of the content: metadata version, brokers, topics by id with their partitions, configs,
// request results. Not of the position: two images whose logs differ only in no-ops are equal.
// Linear in the content. Comparable between programs of one metadata version.
uint64_t StateHash(const MetadataImage& image);

}  // namespace quorate::metadata
