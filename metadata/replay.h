// Replay is the only code that changes an image. Leaders, followers, brokers and tests all use it.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "metadata/metadata_image.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// The position of a batch in the log.
struct BatchPosition {
  Epoch epoch;
  RecordOffset base_offset;
  int32_t record_count = 1;
  int64_t append_time_ms = 0;

  RecordOffset end_offset() const { return base_offset + record_count; }
};

// Returns the image after all records of the batch, or an error if one of them cannot be applied.
// An error means that this program must not continue with this log. The message names the record or
// the batch.
//   DATA_LOSS            the batch or a record is malformed
//   UNIMPLEMENTED        this program does not know the metadata version, a kind or a field, so a
//                        newer program wrote it
//   FAILED_PRECONDITION  the batch or a record contradicts the image
// REQUIRES: position.base_offset == image.end_offset().
absl::StatusOr<MetadataImage> Replay(const MetadataImage& image, const BatchPosition& position,
                                     const v1::RecordBatch& batch);
// Parses the payload of a log entry or of a subscription's batch, and replays it. An empty payload
// (a barrier or a voter set) changes only the position.
absl::StatusOr<MetadataImage> ReplayPayload(const MetadataImage& image,
                                            const BatchPosition& position,
                                            std::string_view payload);

// Returns how many offsets the batch takes: one for each record that Kafka would write, but never
// 0. Each partition of a PartitionsRecord or PartitionChangesRecord counts as one record, and a
// RequestResultRecord does not count. For example, a TopicRecord, a PartitionsRecord with three
// partitions and a RequestResultRecord take 1 + 3 + 0 = 4 offsets.
int32_t CountRecords(const v1::RecordBatch& batch);

}  // namespace quorate::metadata
