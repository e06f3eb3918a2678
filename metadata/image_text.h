// Writes an image as plain text, for test transcripts and for people who compare two images. The
// text is never parsed.
#pragma once

#include <string>

#include "metadata/metadata_image.h"

namespace quorate::metadata {

// Returns everything in the image, one item per line. Equal images give equal texts.
std::string ImageText(const MetadataImage& image);

// E.g. "leader=3 replicas=3,1,2 isr=3,1 leader_epoch=1 partition_epoch=4", followed by what few
// partitions have, if it is in use: " adding=2 removing=1 elr=2 last_known_leader=3 recovering
// directories=ID,-,ID".
std::string PartitionText(const PartitionView& partition);

}  // namespace quorate::metadata
