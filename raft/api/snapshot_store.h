// The port through which snapshots travel between controllers, as bytes that raft/ never looks
// into. storage/ implements it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "raft/api/snapshot.h"

namespace quorate::raft {

// The part of a snapshot that travels in one message.
struct SnapshotPiece {
  std::string bytes;
  // Size of the whole snapshot.
  int64_t total_bytes = 0;
};

// How much of a snapshot has been received.
struct ReceivedSnapshot {
  // Everything before this position is here.
  int64_t position = 0;
  // Set once the whole snapshot is here, verified and durable. It is the newest one from then on.
  std::optional<SnapshotMeta> complete;
};

// Reads and receives snapshots. Thread-safe; never blocks the caller. Callbacks run on the store's
// own threads.
class SnapshotStore {
 public:
  virtual ~SnapshotStore() = default;

  // Reads the piece that begins at `position`, which is 0 or the end of another piece. Returns
  // NOT_FOUND if this snapshot is not here, or no longer; OUT_OF_RANGE if no piece begins there;
  // DATA_LOSS if it cannot be read.
  virtual void Read(SnapshotId id, int64_t position,
                    absl::AnyInvocable<void(absl::StatusOr<SnapshotPiece>) &&> done) = 0;

  // Stores a piece of a snapshot of which everything before `position` is here, and returns how
  // much has been received. A piece for another position, or an empty one, changes nothing, so that
  // the answer says where to continue, also after a restart (LogCabin #174: the receiver started
  // over and the sender did not know). A damaged piece is dropped. If the pieces do not belong
  // together, all of them are dropped and the position is 0 again. An error means that the disk
  // failed, which is fatal to the process.
  virtual void Receive(SnapshotId id, int64_t position, std::string bytes,
                       absl::AnyInvocable<void(absl::StatusOr<ReceivedSnapshot>) &&> done) = 0;
};

}  // namespace quorate::raft
