// Writes a snapshot file: under a name of its own, and renamed once it is complete and synced
// (KAFKA-15312: a rename before the sync leaves an empty snapshot).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "raft/snapshot.h"
#include "storage/snapshot_codec.h"
#include "storage/snapshot_files.h"

namespace quorate::storage {

// Not thread-safe. What a crash leaves behind is removed by the next writer of the same snapshot,
// or by RemoveOldSnapshots.
class SnapshotWriter {
 public:
  // `files` outlives the writer.
  SnapshotWriter(SnapshotFiles* files, const raft::SnapshotMeta& meta);
  // A file of any name, for tools.
  SnapshotWriter(SnapshotFiles* files, raft::SnapshotMeta meta, std::string name);
  // Removes what was written, unless it was finished: on a full disk every byte counts.
  ~SnapshotWriter();
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  // The next chunk of the content. After an error the writer is of no use.
  absl::Status Append(std::string_view chunk);
  // The content is complete. Durable, under its final name, once OK.
  absl::Status Finish();

  // Bytes written so far.
  FilePosition size() const { return hash_.position(); }

 private:
  absl::Status Write(std::string_view frame);

  SnapshotFiles* const files_;
  const raft::SnapshotMeta meta_;
  const std::string name_;
  const std::string temporary_name_;
  FileHash hash_;
  FilePosition synced_ = 0;
  bool is_finished_ = false;
};

}  // namespace quorate::storage
