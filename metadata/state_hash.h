// Hashes the content of an image, so that the states of replicas, restarts and snapshots can be
// compared by one number.
#pragma once

#include <cstdint>

#include "metadata/metadata_image.h"

namespace quorate::metadata {

// Returns XXH3-64 of the content of each record family (families/families.h). The position is not
// hashed: two images whose logs differ only in no-ops have the same hash. Takes time linear in the
// content. Hashes of different programs are comparable within one metadata version.
uint64_t StateHash(const MetadataImage& image);

}  // namespace quorate::metadata
