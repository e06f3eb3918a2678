#include "storage/snapshot_restore.h"

#include <filesystem>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "storage/data_directory.h"
#include "storage/disk_snapshot_files.h"
#include "storage/offline_write.h"
#include "storage/rocksdb_kv.h"
#include "storage/snapshot_names.h"
#include "storage/snapshot_reader.h"
#include "storage/snapshot_writer.h"

namespace quorate::storage {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<SnapshotReader> OpenReader(const SnapshotFiles& files, const std::string& file) {
  return SnapshotReader::OpenFile(&files, fs::path(file).filename().string());
}

absl::Status CopySnapshot(const SnapshotFiles& from, const std::string& file,
                          const std::string& directory) {
  ASSIGN_OR_RETURN(DiskSnapshotFiles to, DiskSnapshotFiles::Open(directory + "/" + kSnapshotsName));
  ASSIGN_OR_RETURN(SnapshotReader reader, OpenReader(from, file));
  SnapshotWriter writer(&to, reader.meta());
  RETURN_IF_ERROR(
      reader.ForEachChunk([&](std::string_view chunk) { return writer.Append(chunk); }));
  return writer.Finish();
}

// Creates a data directory for `node` and locks it. It has its own directory id and no data.
absl::StatusOr<std::unique_ptr<DataDirectory>> MakeDirectory(const std::string& path, NodeId node,
                                                             const std::string& cluster_id,
                                                             Rng& rng) {
  ASSIGN_OR_RETURN(
      std::unique_ptr<DataDirectory> directory,
      DataDirectory::Open(
          path, {.role = Role::kController, .cluster_id = cluster_id, .node_id = node.value()},
          rng));
  std::error_code error;
  if (directory->is_formatted() || fs::exists(directory->LogPath(), error)) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s holds a controller's data; restore the snapshot into an empty directory", path));
  }
  return directory;
}

// Copies the snapshot first: a log that begins after it must find it.
absl::Status Fill(DataDirectory* directory, const raft::LogWrite& write, const SnapshotFiles& from,
                  const std::string& file) {
  RETURN_IF_ERROR(CopySnapshot(from, file, directory->path()));
  ASSIGN_OR_RETURN(const std::unique_ptr<RocksDbKv> kv,
                   RocksDbKv::Open({.path = directory->LogPath(), .create = true}));
  RETURN_IF_ERROR(WriteOffline(*directory, kv.get(), RecoveredLog(), write));
  return directory->MarkFormatted();
}

}  // namespace

absl::StatusOr<RestoreResult> RestoreSnapshot(const RestoreOrder& order, Rng& rng) {
  CHECK(!order.directories.empty());
  const fs::path parent = fs::path(order.file).parent_path();
  const DiskSnapshotFiles from =
      DiskSnapshotFiles::ReadOnly(parent.empty() ? "." : parent.string());
  ASSIGN_OR_RETURN(SnapshotReader reader, OpenReader(from, order.file));
  RETURN_IF_ERROR(Verify(reader));
  const raft::SnapshotMeta& meta = reader.meta();
  if (meta.id.epoch.value() > std::numeric_limits<int32_t>::max() - 4 * kRestoreEpochGap) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "the snapshot's epoch %d leaves no room for later epochs", meta.id.epoch.value()));
  }

  std::vector<std::unique_ptr<DataDirectory>> directories;
  std::vector<raft::Voter> voters;
  for (const auto& [node, path] : order.directories) {
    ASSIGN_OR_RETURN(std::unique_ptr<DataDirectory> directory,
                     MakeDirectory(path, node, order.cluster_id, rng));
    voters.push_back({.key = {.node_id = node, .directory_id = directory->directory_id()}});
    directories.push_back(std::move(directory));
  }

  const raft::VoterSet voter_set(std::move(voters));
  const auto jump = static_cast<int32_t>(kRestoreEpochGap + rng.Below(kRestoreEpochGap));
  RestoreResult result{.snapshot = meta};
  ASSIGN_OR_RETURN(
      result.entry,
      MakeVotersEntry(
          raft::LogEnd::Of(meta),
          {.voters = voter_set,
           .epoch = Epoch(meta.id.epoch.value() + jump),
           .principal = order.principal,
           .cause = absl::StrFormat(
               "snapshot restore: controllers %s begin with the snapshot of offset %d, epoch %d, "
               "from %s",
               ToText(voter_set.NodeIds()), meta.id.end_offset.value(), meta.id.epoch.value(),
               fs::path(order.file).filename().string()),
           .now_ms = order.now_ms}));
  const raft::LogWrite write{.hard_state = raft::HardState{.epoch = result.entry->epoch()},
                             // The voters that the configuration of the first start names.
                             .founding_voters = voter_set,
                             .install_snapshot = meta,
                             .entries = {result.entry}};
  for (const auto& directory : directories) {
    RETURN_IF_ERROR(Fill(directory.get(), write, from, order.file));
  }
  return result;
}

}  // namespace quorate::storage
