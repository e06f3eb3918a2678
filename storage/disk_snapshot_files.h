// Snapshot files in a directory of the file system.
#pragma once

#include <string>
#include <utility>

#include "storage/snapshot_files.h"

namespace quorate::storage {

// Implements SnapshotFiles on one directory.
class DiskSnapshotFiles final : public SnapshotFiles {
 public:
  // Opens the directory `path`. Creates it, durably, if it is missing; its parent must exist.
  static absl::StatusOr<DiskSnapshotFiles> Open(std::string path);
  // For reading only. A missing directory counts as an empty one.
  static DiskSnapshotFiles ReadOnly(std::string path) { return DiskSnapshotFiles(std::move(path)); }

  absl::StatusOr<std::vector<std::string>> List() const override;
  absl::StatusOr<std::optional<uint64_t>> Size(const std::string& name) const override;
  absl::StatusOr<std::string> Read(const std::string& name, uint64_t position,
                                   size_t max_bytes) const override;
  absl::Status Append(const std::string& name, std::string_view bytes) override;
  absl::Status Truncate(const std::string& name, uint64_t size) override;
  absl::Status Sync(const std::string& name) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& name) override;

 private:
  explicit DiskSnapshotFiles(std::string path) : path_(std::move(path)) {}
  std::string PathOf(const std::string& name) const { return path_ + "/" + name; }

  std::string path_;
};

}  // namespace quorate::storage
