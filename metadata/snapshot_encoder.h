// An image as the content of a snapshot: chunks, each a serialized RecordBatch, whose records give
// the image again (snapshot_loader.h). Apart from the file they lie in (storage/), because
// subscribers are sent the chunks without it.
//
// Canonical: the bytes depend on what the image holds and on its position, on nothing else. Whoever
// encodes an image of one (end offset, epoch) gives the same chunks. The order of the records is
// written at SnapshotHeaderRecord (records.proto).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "metadata/metadata_image.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// A chunk is closed before the record that would make it larger; a larger single record goes alone.
// Part of the format.
inline constexpr size_t kSnapshotChunkBytes = 1 << 20;

// Not thread-safe. Holds a chunk at a time, the image, and some bytes for each of its topics,
// configs and results.
class SnapshotEncoder {
 public:
  // Costs nothing: the first chunk takes the look at every topic.
  explicit SnapshotEncoder(MetadataImage image, size_t chunk_bytes = kSnapshotChunkBytes);
  SnapshotEncoder(const SnapshotEncoder&) = delete;
  SnapshotEncoder& operator=(const SnapshotEncoder&) = delete;

  // The next chunk; nothing: the last one was given.
  std::optional<std::string> Next();

 private:
  // Adds the next record of one part of the image; false: no more.
  using Section = absl::AnyInvocable<bool(v1::RecordBatch* batch)>;

  void AddSections();
  // Appends the next record as a RecordBatch of its own, whose bytes those of others may follow;
  // false: no more.
  bool AppendRecord(std::string* chunk);

  const MetadataImage image_;
  const size_t chunk_bytes_;
  bool has_sections_ = false;
  std::deque<Section> sections_;
  int64_t record_count_ = 0;
  // The record that found no room in the last chunk.
  std::string pending_;
};

}  // namespace quorate::metadata
