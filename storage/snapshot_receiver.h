// Takes a snapshot that another node sends, frame by frame (SnapshotReader::ReadFrame). What has
// come is kept in a file that survives restarts of either side, and another sender may go on,
// because all of them hold the same bytes.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "raft/snapshot.h"
#include "storage/snapshot_codec.h"
#include "storage/snapshot_files.h"

namespace quorate::storage {

// Not thread-safe; one for a snapshot at a time.
class SnapshotReceiver {
 public:
  // Goes on where an earlier transfer of this snapshot ended: what it left is verified, and cut off
  // behind the last whole frame. `files` outlives the receiver.
  static absl::StatusOr<SnapshotReceiver> Open(SnapshotFiles* files, const raft::SnapshotId& id);

  const raft::SnapshotId& id() const { return id_; }
  // Where the next frame must begin: how much has come.
  FilePosition position() const { return verifier_.position(); }
  // All has come and is as its sender's: Finish.
  bool is_complete() const { return verifier_.is_complete(); }

  // The next frame, whole. OUT_OF_RANGE: it does not begin at position() (a gap, or a repetition);
  // nothing has changed. DATA_LOSS: it is damaged, and nothing has changed; or it is whole, but
  // does not belong to what came before: then all is dropped, and position() is 0.
  // FAILED_PRECONDITION: a newer program wrote it. Other errors are the disk's, and the receiver is
  // of no use.
  absl::Status Add(FilePosition position, std::string_view frame);

  // Durable, under its final name, once OK. REQUIRES: is_complete().
  absl::StatusOr<raft::SnapshotMeta> Finish();

 private:
  SnapshotReceiver(SnapshotFiles* files, const raft::SnapshotId& id);

  absl::Status Resume();
  // Takes the next frame into account, or forgets all that came before.
  absl::Status Verify(std::string_view frame);

  SnapshotFiles* files_;
  raft::SnapshotId id_;
  std::string name_;
  SnapshotVerifier verifier_;
};

}  // namespace quorate::storage
