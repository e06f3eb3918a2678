#include "metadata/replay.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "metadata/image_builder.h"
#include "metadata/record_kind.h"
#include "metadata/record_replay.h"
#include "metadata/record_table.h"
#include "metadata/replay_errors.h"

namespace quorate::metadata {
namespace {

// Returns how many offsets one record takes.
int32_t CountOffsets(const v1::Record& record) {
  const RecordRow* row = FindRow(record.kind_case());
  return row == nullptr ? 1 : row->offsets_of(record);
}

}  // namespace

int32_t CountRecords(const v1::RecordBatch& batch) {
  int32_t count = 0;
  for (const v1::Record& record : batch.records()) count += CountOffsets(record);
  return std::max(count, 1);
}

absl::StatusOr<MetadataImage> Replay(const MetadataImage& image, const BatchPosition& position,
                                     const v1::RecordBatch& batch) {
  CHECK(position.base_offset == image.end_offset())
      << "batch at " << position.base_offset << " for an image that ends at " << image.end_offset();
  if (position.epoch < image.last_epoch()) {
    return Contradiction("batch at offset %d: epoch %d after epoch %d",
                         position.base_offset.value(), position.epoch.value(),
                         image.last_epoch().value());
  }
  if (!batch.GetReflection()->GetUnknownFields(batch).empty()) {
    return absl::UnimplementedError(
        absl::StrFormat("batch at offset %d: %s", position.base_offset.value(), kUnknownFields));
  }
  ImageBuilder builder(image);
  RecordOffset offset = position.base_offset;
  for (const v1::Record& record : batch.records()) {
    const absl::Status status =
        ReplayRecord(record, {.image = builder.image(), .offset = offset, .builder = builder});
    if (!status.ok()) {
      return absl::Status(status.code(),
                          absl::StrFormat("%s at offset %d: %s", RecordKindName(record),
                                          offset.value(), std::string(status.message())));
    }
    offset += CountOffsets(record);
  }
  // Checked last, because the count is not known if there is a record of unknown kind.
  if (position.record_count != CountRecords(batch)) {
    return Contradiction("batch at offset %d: it takes %d offsets, but its records take %d",
                         position.base_offset.value(), position.record_count, CountRecords(batch));
  }
  builder.SetPosition(position.end_offset(), position.epoch, position.append_time_ms);
  return std::move(builder).Build();
}

absl::StatusOr<MetadataImage> ReplayPayload(const MetadataImage& image,
                                            const BatchPosition& position,
                                            std::string_view payload) {
  v1::RecordBatch batch;
  if (payload.size() > static_cast<size_t>(std::numeric_limits<int>::max()) ||
      !batch.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return Malformed("batch at offset %d: the payload of %d bytes is not a RecordBatch",
                     position.base_offset.value(), payload.size());
  }
  return Replay(image, position, batch);
}

}  // namespace quorate::metadata
