// Snapshot files in memory, with the faults of a disk. Tests and the simulator keep snapshots in
// them.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "storage/snapshot_files.h"

namespace quorate::storage {

// Outlives its users, as a disk does.
class MemorySnapshotFiles final : public SnapshotFiles {
 public:
  absl::StatusOr<std::vector<std::string>> List() const override;
  absl::StatusOr<std::optional<uint64_t>> Size(const std::string& name) const override;
  absl::StatusOr<std::string> Read(const std::string& name, uint64_t position,
                                   size_t max_bytes) const override;
  absl::Status Append(const std::string& name, std::string_view bytes) override;
  absl::Status Truncate(const std::string& name, uint64_t size) override;
  absl::Status Sync(const std::string& name) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& name) override;

  // Simulates a power loss: of what was appended to a file since its last Sync, only the first
  // `kept_bytes` are left. Failing calls work again.
  void Crash(size_t kept_bytes = 0);
  // After this many more calls that change something, such calls fail and do nothing until Crash.
  void FailAfter(size_t calls);
  // Makes appends fail, half done, if they would make all files together larger than `bytes`.
  void SetCapacity(std::optional<size_t> bytes);
  // Flips one bit, without updating any checksum. REQUIRES: the file has this bit.
  void FlipBit(const std::string& name, size_t bit);

 private:
  struct File {
    std::string bytes;
    // How many of the first bytes survive a crash.
    size_t synced_bytes = 0;
  };

  // Returns an error if calls that change something fail now.
  absl::Status Begin(const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, File> files_ ABSL_GUARDED_BY(mutex_);
  std::optional<size_t> calls_left_ ABSL_GUARDED_BY(mutex_);
  std::optional<size_t> capacity_bytes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::storage
