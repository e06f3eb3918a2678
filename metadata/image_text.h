// An image as plain text, for transcripts and for people who compare two images. Never parsed.
#pragma once

#include <string>

#include "metadata/metadata_image.h"

namespace quorate::metadata {

// Everything that the image holds, a line for each thing: equal images give equal texts.
std::string ImageText(const MetadataImage& image);

// "leader=3 replicas=3,1,2 isr=3,1 leader_epoch=1 partition_epoch=4"
std::string PartitionText(const PartitionView& partition);

}  // namespace quorate::metadata
