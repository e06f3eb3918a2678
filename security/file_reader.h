// Reads the files of security/, and notices when they change.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace quorate::security {

// Returns the content of the file at `path`. Returns FAILED_PRECONDITION if it cannot be read or
// has more than `max_bytes`; the message calls it `name`, for example "tls-cert
// '/etc/quorate/a.pem'".
absl::StatusOr<std::string> ReadFile(const std::string& name, const std::string& path,
                                     size_t max_bytes);

// Differs from an earlier one if the file was written or replaced in between.
struct FileVersion {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t bytes = 0;
  std::chrono::system_clock::time_point written;
  // Also changes when the file is renamed.
  std::chrono::system_clock::time_point changed;

  friend bool operator==(const FileVersion&, const FileVersion&) = default;
};
// Returns the version of the file; a missing file has one, too.
FileVersion VersionOf(const std::string& path);

}  // namespace quorate::security
