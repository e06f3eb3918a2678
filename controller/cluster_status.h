// The state of the cluster in numbers, as one controller knows it, for metrics.
#pragma once

#include "controller/decide/partitions/partition_tally.h"
#include "metadata/metadata_image.h"

namespace quorate::controller {

struct ClusterStatus {
  // The committed image.
  metadata::MetadataImage image;
  // The counts over the partitions of the image.
  PartitionTally::Counts partitions;
};

}  // namespace quorate::controller
