// A snapshot file as the commands show it: read and verified as a whole.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/session.h"
#include "metadata/metadata_image.h"
#include "raft/snapshot.h"

namespace quorate::cli {

struct SnapshotContents {
  // Its name, without the directory.
  std::string file;
  uint64_t bytes = 0;
  raft::SnapshotMeta meta;
  metadata::MetadataImage image;
};

// Reads every byte: checksums, content, and that the content ends where the file says. DATA_LOSS
// names the file and what is wrong with it.
absl::StatusOr<SnapshotContents> ReadSnapshotFile(const std::string& path);

// Prints them, a line or an object each.
void PrintSnapshots(Session& session, const std::vector<SnapshotContents>& snapshots);

}  // namespace quorate::cli
