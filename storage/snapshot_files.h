// The narrow port below snapshots: the files of one directory, by name. It is separate from the
// code that uses the files, so that writing, receiving and cleaning up run the same on a file
// system and on files in memory with the faults of a disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace quorate::storage {

// Reads and changes files by name. Synchronous: every call may block on the disk. Thread-safe, but
// a file must have only one writer at a time. Errors name the file. RESOURCE_EXHAUSTED means that
// the disk is full.
class SnapshotFiles {
 public:
  virtual ~SnapshotFiles() = default;

  // Returns the names of the files, ascending.
  virtual absl::StatusOr<std::vector<std::string>> List() const = 0;
  // Returns the size in bytes, or nullopt if the file does not exist.
  virtual absl::StatusOr<std::optional<uint64_t>> Size(const std::string& name) const = 0;
  // Returns up to `max_bytes` from `position` on, and fewer only at the end of the file. Returns
  // NOT_FOUND if the file does not exist.
  virtual absl::StatusOr<std::string> Read(const std::string& name, uint64_t position,
                                           size_t max_bytes) const = 0;

  // Appends `bytes`, and creates the file if it does not exist. After an error some of the bytes
  // may be in the file.
  virtual absl::Status Append(const std::string& name, std::string_view bytes) = 0;
  // Truncates the file to its first `size` bytes. REQUIRES: the file has at least `size` bytes.
  virtual absl::Status Truncate(const std::string& name, uint64_t size) = 0;
  // Makes the file's bytes durable. After an error it is unknown what is on the disk, and the file
  // must not be used.
  virtual absl::Status Sync(const std::string& name) = 0;
  // Renames a file atomically. Durable once it returns OK. REQUIRES: `from` was synced after its
  // last write.
  virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;
  // Removes a file. Returns OK if it does not exist.
  virtual absl::Status Remove(const std::string& name) = 0;
};

}  // namespace quorate::storage
