// What holds for every metadata image, however it was made.
#pragma once

#include "metadata/metadata_image.h"

namespace quorate::fuzz {

// Checks that a snapshot of the image loads as an equal image with the same snapshot, and that the
// image can be described.
void CheckImage(const metadata::MetadataImage& image);

}  // namespace quorate::fuzz
