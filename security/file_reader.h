// Reads the files of security/, and notices when they change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace quorate::security {

// Returns the content of the file at `path`. Returns FAILED_PRECONDITION if it cannot be read or
// has more than `max_bytes`; the message calls it `name`, for example "tls-cert
// '/etc/quorate/a.pem'".
absl::StatusOr<std::string> ReadFile(const std::string& name, const std::string& path,
                                     size_t max_bytes);

// Differs from an earlier one if the file was written or replaced in between.
using FileVersion = std::vector<int64_t>;
// Returns the version of the file; a missing file has one, too.
FileVersion VersionOf(const std::string& path);

}  // namespace quorate::security
