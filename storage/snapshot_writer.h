// Writes a snapshot file under a temporary name, and renames it once it is complete and synced
// (KAFKA-15312: a rename before the sync leaves an empty snapshot).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "raft/api/snapshot.h"
#include "storage/snapshot_codec.h"
#include "storage/snapshot_files.h"

namespace quorate::storage {

// Writes one snapshot file. Not thread-safe. A file that a crash left unfinished is removed by the
// next writer of the same snapshot, or by RemoveOldSnapshots.
class SnapshotWriter {
 public:
  // `files` must outlive the writer.
  SnapshotWriter(SnapshotFiles* files, const raft::SnapshotMeta& meta);
  // Writes a file of any name. For tools.
  SnapshotWriter(SnapshotFiles* files, raft::SnapshotMeta meta, std::string name);
  // Removes what was written, unless it was finished: on a full disk every byte counts.
  ~SnapshotWriter();
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  // Appends the next chunk of the content. After an error the writer must not be used again.
  absl::Status Append(std::string_view chunk);
  // Ends the content and gives the file its final name. Durable once it returns OK.
  absl::Status Finish();

  // Returns how many bytes were written so far.
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
