// Reads, verifies and prints snapshot files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/session.h"
#include "metadata/metadata_image.h"
#include "raft/api/snapshot.h"

namespace quorate::cli {

struct SnapshotContents {
  // The file name without the directory.
  std::string file;
  uint64_t bytes = 0;
  raft::SnapshotMeta meta;
  metadata::MetadataImage image;
};

// Reads the whole file. Verifies its checksums and its content, and that the content ends at the
// position in the header. DATA_LOSS names the file and the damage.
absl::StatusOr<SnapshotContents> ReadSnapshotFile(const std::string& path);

// Prints one table line or one JSON object for each snapshot.
void PrintSnapshots(Session& session, const std::vector<SnapshotContents>& snapshots);

}  // namespace quorate::cli
