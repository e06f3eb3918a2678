// Receives a snapshot that another node sends, frame by frame (SnapshotReader::ReadFrame). The
// received frames are in a file that survives restarts of either side. Another sender may continue
// the transfer, because all senders hold the same bytes.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "raft/api/snapshot.h"
#include "storage/snapshot_codec.h"
#include "storage/snapshot_files.h"

namespace quorate::storage {

// Writes the frames of one snapshot to its file and verifies them. Not thread-safe. A snapshot has
// at most one receiver at a time.
class SnapshotReceiver {
 public:
  // Continues where an earlier transfer of this snapshot ended: verifies what it left, and
  // truncates the file after the last whole frame. `files` must outlive the receiver.
  static absl::StatusOr<SnapshotReceiver> Open(SnapshotFiles* files, const raft::SnapshotId& id);

  const raft::SnapshotId& id() const { return id_; }
  // Returns where the next frame must begin, which is how many bytes were received.
  FilePosition position() const { return verifier_.position(); }
  // Returns whether the snapshot was received completely and is verified. Then call Finish.
  bool is_complete() const { return verifier_.is_complete(); }

  // Takes the next frame, which must be whole. Its errors:
  //   OUT_OF_RANGE         `position` is not position() (a gap or a repetition). Nothing changed.
  //   DATA_LOSS            The frame is damaged, and nothing changed. Or it is intact but does not
  //                        continue the frames before it: all are dropped, and position() is 0.
  //   FAILED_PRECONDITION  A newer program wrote the snapshot. Nothing changed.
  //   others               The disk failed, and the receiver must not be used again.
  absl::Status Add(FilePosition position, std::string_view frame);

  // Gives the file its final name. Durable once it returns OK. REQUIRES: is_complete().
  absl::StatusOr<raft::SnapshotMeta> Finish();

 private:
  SnapshotReceiver(SnapshotFiles* files, const raft::SnapshotId& id);

  absl::Status Resume();
  // Adds the next frame to the verifier. On an error resets the verifier, so that position() is 0.
  absl::Status Verify(std::string_view frame);

  SnapshotFiles* files_;
  raft::SnapshotId id_;
  std::string name_;
  SnapshotVerifier verifier_;
};

}  // namespace quorate::storage
