// TestLog is a metadata log for tests. It replays the records that are appended to it into an
// image.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/check.h"
#include "base/ids.h"
#include "base/uuid.h"
#include "metadata/metadata_image.h"
#include "metadata/record_builders.h"
#include "metadata/replay.h"

namespace quorate::metadata {

// Returns the uuid that is zero except for its last two bytes, which are `n`.
inline Uuid TestUuid(uint16_t n) {
  std::string bytes(Uuid::kBytes, '\0');
  bytes[14] = static_cast<char>(n >> 8);
  bytes[15] = static_cast<char>(n & 0xff);
  return *Uuid::FromBytes(bytes);
}

class TestLog {
 public:
  const MetadataImage& image() const { return image_; }
  // The offset of the next record.
  int64_t end_offset() const { return image_.end_offset().value(); }

  // Appends one batch in the current epoch. After an error the image is unchanged.
  absl::Status Append(const std::vector<v1::Record>& records) {
    v1::RecordBatch batch;
    for (const v1::Record& record : records) *batch.add_records() = record;
    auto next = Replay(image_,
                       {.epoch = Epoch(epoch_),
                        .base_offset = image_.end_offset(),
                        .record_count = CountRecords(batch),
                        .append_time_ms = ++now_ms_},
                       batch);
    if (!next.ok()) return next.status();
    image_ = *std::move(next);
    return absl::OkStatus();
  }

  // Like Append, but an error fails a CHECK.
  void MustAppend(const std::vector<v1::Record>& records) { CHECK_OK(Append(records)); }

  void NewEpoch() { ++epoch_; }

 private:
  MetadataImage image_;
  int32_t epoch_ = 1;
  int64_t now_ms_ = 1'000'000;
};

}  // namespace quorate::metadata
