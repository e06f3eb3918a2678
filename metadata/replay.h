// Replay: the only code that changes an image, the same on leader, follower, broker and in tests.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "metadata/metadata_image.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// Where a batch stands in the log.
struct BatchPosition {
  Epoch epoch;
  RecordOffset base_offset;
  int32_t record_count = 1;
  int64_t append_time_ms = 0;

  RecordOffset end_offset() const { return base_offset + record_count; }
};

// The image after the batch: all of its records, or an error and no image. Errors mean that this
// program must not go on with this log: DATA_LOSS (does not parse), UNIMPLEMENTED (an unknown kind
// of record or metadata version), FAILED_PRECONDITION (contradicts the image; names the record).
// REQUIRES: position.base_offset == image.end_offset().
absl::StatusOr<MetadataImage> Replay(const MetadataImage& image, const BatchPosition& position,
                                     const v1::RecordBatch& batch);
// From the payload of an entry or of a subscription's batch. Empty (a barrier, a voter set): only
// the position moves.
absl::StatusOr<MetadataImage> ReplayPayload(const MetadataImage& image,
                                            const BatchPosition& position,
                                            std::string_view payload);

// The offsets that the batch takes: one for each record that Kafka would have (each partition of a
// PartitionsRecord or PartitionChangesRecord counts; a RequestResult does not), at least 1.
int32_t CountRecords(const v1::RecordBatch& batch);

}  // namespace quorate::metadata
