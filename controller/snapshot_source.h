// The port through which a controller loads the metadata in its node's snapshots. server/
// implements it on top of storage/'s files.
#pragma once

#include "absl/status/statusor.h"
#include "metadata/metadata_image.h"
#include "raft/api/snapshot.h"

namespace quorate::controller {

class SnapshotSource {
 public:
  virtual ~SnapshotSource() = default;

  // Reads and verifies a whole snapshot of this node. Blocks. Called on the controller's worker.
  // Returns DATA_LOSS if the content is not what was written; other errors come from the disk.
  virtual absl::StatusOr<metadata::MetadataImage> Load(const raft::SnapshotId& id) = 0;
};

}  // namespace quorate::controller
