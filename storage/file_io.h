// Small files that are replaced whole: after a crash a reader finds the old one or the new one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace quorate::storage {

// The whole file; nothing: it does not exist.
absl::StatusOr<std::optional<std::string>> ReadFile(const std::string& path);

// Writes PATH.tmp, syncs it, renames it to PATH and syncs the directory (KAFKA-15312: a rename
// before the sync leaves an empty file). Durable once OK.
absl::Status ReplaceFile(const std::string& path, std::string_view content);

// Makes the names in a directory durable.
absl::Status SyncDirectory(const std::string& path);

}  // namespace quorate::storage
