// The port through which snapshots travel between controllers: bytes of files that raft/ never
// looks into. storage/ implements it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "raft/snapshot.h"

namespace quorate::raft {

// As much of a snapshot as travels in one message.
struct SnapshotPiece {
  std::string bytes;
  // Of the whole snapshot.
  int64_t total_bytes = 0;
};

// How far a snapshot is received.
struct ReceivedSnapshot {
  // Everything before it is here.
  int64_t position = 0;
  // It is here as a whole, verified and durable: the newest one from now on.
  std::optional<SnapshotMeta> complete;
};

// Thread-safe; never blocks the caller. Callbacks run on the store's own threads.
class SnapshotStore {
 public:
  virtual ~SnapshotStore() = default;

  // The piece that begins at `position`, which is 0 or where another piece ends. NOT_FOUND: this
  // snapshot is not here (any more); OUT_OF_RANGE: no piece begins there; DATA_LOSS: it cannot be
  // read.
  virtual void Read(SnapshotId id, int64_t position,
                    absl::AnyInvocable<void(absl::StatusOr<SnapshotPiece>) &&> done) = 0;

  // Takes up a piece of a snapshot of which everything before `position` is here, and answers how
  // far it is received now; one for another position, and an empty one, change nothing, and so tell
  // where to go on, also after a restart (LogCabin #174: the receiver started anew and the sender
  // did not know). One that is damaged is thrown away, with all before it if those do not belong
  // together: the position is 0 again. An error: the disk failed, which is fatal to the process.
  virtual void Receive(SnapshotId id, int64_t position, std::string bytes,
                       absl::AnyInvocable<void(absl::StatusOr<ReceivedSnapshot>) &&> done) = 0;
};

}  // namespace quorate::raft
