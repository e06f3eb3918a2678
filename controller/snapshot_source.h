// The port through which a controller gets the metadata that its node's snapshots hold. server/
// implements it above storage/'s files.
#pragma once

#include "absl/status/statusor.h"
#include "metadata/metadata_image.h"
#include "raft/snapshot.h"

namespace quorate::controller {

class SnapshotSource {
 public:
  virtual ~SnapshotSource() = default;

  // Reads and verifies all of a snapshot of this node; blocks. Called on the controller's loop.
  // DATA_LOSS: it is not what was written; other errors are the disk's.
  virtual absl::StatusOr<metadata::MetadataImage> Load(const raft::SnapshotId& id) = 0;
};

}  // namespace quorate::controller
