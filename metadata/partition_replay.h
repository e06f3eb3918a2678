// Applies records in packed arrays to the partitions of an image. The errors are those of
// record_replay.h. Internal to metadata/.
#pragma once

#include "absl/status/status.h"
#include "metadata/image_builder.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

absl::Status ReplayPartitions(const v1::PartitionsRecord& record, ImageBuilder& builder);
absl::Status ReplayPartitionChanges(const v1::PartitionChangesRecord& record,
                                    ImageBuilder& builder);

}  // namespace quorate::metadata
