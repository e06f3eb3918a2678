// SnapshotEncoder turns an image into the content of a snapshot: a sequence of chunks, each a
// serialized RecordBatch. SnapshotLoader makes the image from them again. Encoding is separate from
// the snapshot file (storage/), because subscribers receive the chunks without the file.
//
// The encoding is canonical: the bytes depend only on the content and the position of the image.
// All controllers encode the image at one (end offset, epoch) as the same chunks. The comment on
// SnapshotHeaderRecord (records.proto) gives the order of the records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "metadata/metadata_image.h"
#include "metadata/snapshot_sections.h"

namespace quorate::metadata {

// The size limit of a chunk. A chunk ends before the record that would make it larger than this. A
// single record that is larger is a chunk of its own. The limit is part of the format.
inline constexpr size_t kSnapshotChunkBytes = 1 << 20;

// Holds the image, one chunk at a time, and some bytes for each topic, config and result. Not
// thread-safe.
class SnapshotEncoder {
 public:
  // Does no work yet: the first call of Next visits every topic.
  explicit SnapshotEncoder(MetadataImage image, size_t chunk_bytes = kSnapshotChunkBytes);
  SnapshotEncoder(const SnapshotEncoder&) = delete;
  SnapshotEncoder& operator=(const SnapshotEncoder&) = delete;

  // Returns the next chunk, or nullopt after the last one.
  std::optional<std::string> Next();

 private:
  void AddSections();
  // Appends the next record to the chunk, serialized as a RecordBatch of one record. The chunk
  // still parses as one RecordBatch, because protobuf merges repeated fields. Returns false if
  // there are no more records.
  bool AppendRecord(std::string* chunk);

  const MetadataImage image_;
  const size_t chunk_bytes_;
  bool has_sections_ = false;
  SnapshotSections sections_;
  int64_t record_count_ = 0;
  // Whether the footer was made.
  bool is_complete_ = false;
  // The record that did not fit in the last chunk.
  std::string pending_;
};

}  // namespace quorate::metadata
