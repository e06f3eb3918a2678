// The content of a snapshot as an image again: the counterpart of snapshot_encoder.h, the same in
// controllers and brokers.
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

  // The next chunk, in order. Errors are those of Replay (replay.h), and DATA_LOSS for what no
  // encoder writes; they name the record. The loader is of no use after one.
  absl::Status Add(std::string_view chunk);

  // The footer has come: nothing may follow.
  bool is_complete() const { return stage_ == Stage::kComplete; }

  // The image, at its position. DATA_LOSS: the snapshot is cut short.
  absl::StatusOr<MetadataImage> Finish() &&;

 private:
  enum class Stage { kHeader, kContent, kComplete };

  absl::Status AddRecord(const v1::Record& record);
  absl::Status AddHeader(const v1::SnapshotHeaderRecord& record);
  absl::Status AddEvicted(const v1::EvictedRequestsRecord& record);
  absl::Status AddFooter(const v1::SnapshotFooterRecord& record);
  absl::Status AddContent(const v1::Record& record);

  ImageBuilder builder_;
  Stage stage_ = Stage::kHeader;
  RecordOffset end_offset_;
  // Of all kinds so far.
  int64_t record_count_ = 0;
};

}  // namespace quorate::metadata
