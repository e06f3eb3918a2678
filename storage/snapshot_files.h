// The narrow port under snapshots: files of one directory, by name. Apart from what is done with
// them, so that writing, receiving and tidying up run the same on a file system and on files in
// memory with a disk's faults.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace quorate::storage {

// Synchronous: every call may block on the disk. Thread-safe, but one file has one writer. Errors
// name the file. RESOURCE_EXHAUSTED: the disk is full.
class SnapshotFiles {
 public:
  virtual ~SnapshotFiles() = default;

  // Ascending.
  virtual absl::StatusOr<std::vector<std::string>> List() const = 0;
  // Nothing: it does not exist.
  virtual absl::StatusOr<std::optional<uint64_t>> Size(const std::string& name) const = 0;
  // Up to `max_bytes`; fewer only at the end of the file. NOT_FOUND: it does not exist.
  virtual absl::StatusOr<std::string> Read(const std::string& name, uint64_t position,
                                           size_t max_bytes) const = 0;

  // Makes the file if it does not exist. After an error some of the bytes may be there.
  virtual absl::Status Append(const std::string& name, std::string_view bytes) = 0;
  // Cuts the file off behind its first `size` bytes. REQUIRES: it has as many.
  virtual absl::Status Truncate(const std::string& name, uint64_t size) = 0;
  // The file's bytes survive a power loss once OK. After an error nobody knows what is on the disk:
  // the file must not be used.
  virtual absl::Status Sync(const std::string& name) = 0;
  // Atomic, and durable once OK. REQUIRES: `from` was synced since it was last written.
  virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;
  // OK if it does not exist.
  virtual absl::Status Remove(const std::string& name) = 0;
};

}  // namespace quorate::storage
