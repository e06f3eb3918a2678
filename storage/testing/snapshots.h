// Small snapshots for tests, and what was written of them.
#pragma once

#include <string>
#include <vector>

#include "base/check.h"
#include "storage/snapshot_reader.h"
#include "storage/snapshot_writer.h"

namespace quorate::storage {

inline raft::SnapshotMeta MakeMeta(int64_t end_offset, int32_t epoch = 7) {
  return {
      .id = {.end_offset = RecordOffset(end_offset), .epoch = Epoch(epoch)},
      .last_index = LogIndex(end_offset - 1),
      .last_checksum = 0x1122334455667788,
      .last_append_time_ms = 1700000000000,
      .voters_index = LogIndex(2),
      .voters = raft::VoterSet(
          {{.key = {.node_id = NodeId(1), .directory_id = *Uuid::FromBytes("0123456789abcdef")}}})};
}

inline const std::vector<std::string>& TestChunks() {
  static const auto& chunks =
      *new std::vector<std::string>{"first", std::string(3000, 'x'), std::string("la\0st", 5)};
  return chunks;
}

inline absl::Status WriteSnapshot(SnapshotFiles& files, const raft::SnapshotMeta& meta,
                                  const std::vector<std::string>& chunks = TestChunks()) {
  SnapshotWriter writer(&files, meta);
  for (const std::string& chunk : chunks) RETURN_IF_ERROR(writer.Append(chunk));
  return writer.Finish();
}

inline absl::StatusOr<std::vector<std::string>> ReadChunks(const SnapshotFiles& files,
                                                           const raft::SnapshotId& id) {
  ASSIGN_OR_RETURN(SnapshotReader reader, SnapshotReader::Open(&files, id));
  std::vector<std::string> chunks;
  while (true) {
    ASSIGN_OR_RETURN(auto chunk, reader.NextChunk());
    if (!chunk) return chunks;
    chunks.push_back(*std::move(chunk));
  }
}

// Returns all frames of a complete snapshot, in order.
inline std::vector<std::string> Frames(const SnapshotFiles& files, const raft::SnapshotId& id) {
  const auto reader = SnapshotReader::Open(&files, id);
  CHECK_OK(reader.status());
  std::vector<std::string> frames;
  for (FilePosition at = 0; at < reader->size(); at += frames.back().size()) {
    auto frame = reader->ReadFrame(at);
    CHECK_OK(frame.status());
    frames.push_back(*std::move(frame));
  }
  return frames;
}

}  // namespace quorate::storage
