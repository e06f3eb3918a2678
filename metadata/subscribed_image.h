// Builds an image from the messages of a subscription (MetadataService.Subscribe).
#pragma once

#include <optional>

#include "absl/status/status.h"
#include "metadata/metadata_image.h"
#include "metadata/snapshot_loader.h"
#include "quorate/metadata/v1/metadata_service.pb.h"

namespace quorate::metadata {

// Not thread-safe.
class SubscribedImage {
 public:
  // Replays the next batch. Returns DATA_LOSS if it does not continue the image, or an error of
  // Replay (replay.h). The image stays as it was before the batch.
  absl::Status Add(const v1::Batch& batch);
  // Adds the next chunk of a snapshot. The snapshot replaces the image when its last chunk is
  // added. A chunk that does not continue the previous one begins a snapshot. Errors as above.
  absl::Status Add(const v1::SnapshotChunk& chunk);

  // The image so far. Empty at first.
  const MetadataImage& image() const { return image_; }

 private:
  struct Incoming {
    int32_t epoch = 0;
    int64_t end_offset = 0;
    int64_t next_position = 0;
    SnapshotLoader loader;
  };

  MetadataImage image_;
  // A snapshot of which the last chunk has not arrived.
  std::optional<Incoming> incoming_;
};

}  // namespace quorate::metadata
