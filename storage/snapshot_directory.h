// Which snapshots a node has, and what their files are called: complete ones under their final
// name, unfinished ones under names that are told apart.
//
//   00000000000000001234-0000000007.snapshot    complete: end offset, epoch
//   ….snapshot.writing                          this node writes it, or did when it died
//   ….snapshot.receiving                        parts of it have come; survives restarts
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "raft/snapshot.h"
#include "storage/snapshot_files.h"

namespace quorate::storage {

class SnapshotReader;

// Of the data directory.
inline constexpr char kSnapshotsName[] = "snapshots";

// The names of the files.
std::string SnapshotName(const raft::SnapshotId& id);
std::string WritingName(const raft::SnapshotId& id);
// Of one that is called `complete` once it is.
std::string WritingName(const std::string& complete);
std::string ReceivingName(const raft::SnapshotId& id);
// Nothing: no complete snapshot is called so.
std::optional<raft::SnapshotId> ParseSnapshotName(std::string_view name);

// The complete snapshots, oldest first. They were verified before they got their names, not now.
absl::StatusOr<std::vector<raft::SnapshotId>> ListSnapshots(const SnapshotFiles& files);

// The newest snapshot that `read` reads to its end; damaged ones are logged and passed over.
// Nothing: there is none. FAILED_PRECONDITION, UNIMPLEMENTED: a newer program wrote it.
using SnapshotRead = absl::FunctionRef<absl::Status(SnapshotReader& reader)>;
absl::StatusOr<std::optional<raft::SnapshotMeta>> FindNewestSnapshot(const SnapshotFiles& files,
                                                                     SnapshotRead read);

// Removes all but the newest three complete snapshots, and what is unfinished of those that are not
// newer than the newest one. Three: the newest, the one before it, to which the log reaches back
// because a damaged one must not be the last, and one that a transfer may still be reading.
absl::Status RemoveOldSnapshots(SnapshotFiles& files);

}  // namespace quorate::storage
