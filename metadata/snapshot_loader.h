// SnapshotLoader makes an image from the content of a snapshot. It is the counterpart of
// SnapshotEncoder. Controllers and brokers both use it.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "metadata/image_builder.h"
#include "metadata/metadata_image.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// Not thread-safe.
class SnapshotLoader {
 public:
  SnapshotLoader() : builder_(MetadataImage()) {}

  // Adds the next chunk; chunks must be added in order. The errors are those of Replay (replay.h),
  // and DATA_LOSS for content that no encoder writes. The message names the record. The loader must
  // not be used after an error.
  absl::Status Add(std::string_view chunk);

  // Returns whether the footer was added. Nothing may follow it.
  bool is_complete() const { return stage_ == Stage::kComplete; }

  // Returns the image at the snapshot's position, or DATA_LOSS if the footer is missing.
  absl::StatusOr<MetadataImage> Finish() &&;

 private:
  enum class Stage { kHeader, kContent, kComplete };

  absl::Status AddRecord(const v1::Record& record);
  absl::Status AddHeader(const v1::SnapshotHeaderRecord& record);
  absl::Status AddFooter(const v1::SnapshotFooterRecord& record);

  ImageBuilder builder_;
  Stage stage_ = Stage::kHeader;
  // The number of records so far, the header included.
  int64_t record_count_ = 0;
};

}  // namespace quorate::metadata
