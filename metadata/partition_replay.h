// What records in packed arrays do to the partitions of an image; see record_replay.h for the
// errors. Internal to metadata/.
#pragma once

#include "absl/status/status.h"
#include "metadata/image_builder.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

absl::Status ReplayPartitions(const v1::PartitionsRecord& record, ImageBuilder& builder);
absl::Status ReplayPartitionChanges(const v1::PartitionChangesRecord& record,
                                    ImageBuilder& builder);

}  // namespace quorate::metadata
