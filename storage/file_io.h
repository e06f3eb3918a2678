// Small files that are replaced as a whole: after a crash a reader finds the old file or the new
// one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace quorate::storage {

// Returns the whole file, or nullopt if it does not exist.
absl::StatusOr<std::optional<std::string>> ReadFile(const std::string& path);

// Writes PATH.tmp, syncs it, renames it to PATH and syncs the directory (KAFKA-15312: a rename
// before the sync leaves an empty file). Durable once OK.
absl::Status ReplaceFile(const std::string& path, std::string_view content);

// Makes the names of the files in a directory durable.
absl::Status SyncDirectory(const std::string& path);

}  // namespace quorate::storage
