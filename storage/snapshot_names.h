// Which snapshots a node has, and the names of their files. Complete snapshots have their final
// name; unfinished ones have names with another suffix.
//
//   00000000000000001234-0000000007.snapshot    complete: end offset, epoch
//   ….snapshot.writing                          this node is writing it, or was when it died
//   ….snapshot.receiving                        parts of it have arrived; survives restarts
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "raft/api/snapshot.h"
#include "storage/snapshot_files.h"

namespace quorate::storage {

class SnapshotReader;

// The name of the folder in the data directory.
inline constexpr char kSnapshotsName[] = "snapshots";

// Return the names of the files.
std::string SnapshotName(const raft::SnapshotId& id);
std::string WritingName(const raft::SnapshotId& id);
// Returns the temporary name of a file that is named `complete` once it is complete.
std::string WritingName(const std::string& complete);
std::string ReceivingName(const raft::SnapshotId& id);
// Returns nullopt if `name` is not the name of a complete snapshot.
std::optional<raft::SnapshotId> ParseSnapshotName(std::string_view name);

// Returns the complete snapshots, oldest first. They were verified before they got their names, and
// are not verified again here.
absl::StatusOr<std::vector<raft::SnapshotId>> ListSnapshots(const SnapshotFiles& files);

// Returns the newest snapshot that `read` reads to its end, or nullopt if there is none. Logs and
// skips damaged ones. Returns FAILED_PRECONDITION or UNIMPLEMENTED if a newer program wrote a
// snapshot.
using SnapshotRead = absl::FunctionRef<absl::Status(SnapshotReader& reader)>;
absl::StatusOr<std::optional<raft::SnapshotMeta>> FindNewestSnapshot(const SnapshotFiles& files,
                                                                     SnapshotRead read);

// Removes all complete snapshots but the newest three, and the unfinished ones that are not newer
// than the newest complete one. The three are: the newest; the one before it, to which the log
// reaches back in case the newest gets damaged; and one that a transfer may still be reading.
absl::Status RemoveOldSnapshots(SnapshotFiles& files);

}  // namespace quorate::storage
