// The files of an audit log: lines that are only appended, in a few files of bounded size.
//
//   DATA_DIR/audit/audit-<position of the first byte, 20 digits>.jsonl
//
// Positions count the bytes of the whole log, so the position of a line never changes, and one
// number names it in all files together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/file_descriptor.h"

namespace quorate::audit {

// The name of the directory in a controller's data directory.
inline constexpr char kAuditName[] = "audit";

// One file, as it is now.
struct AuditFile {
  std::string path;
  // The position of its first byte.
  int64_t begin = 0;
  int64_t size = 0;

  int64_t end() const { return begin + size; }
};

// Returns the files in `directory`, the oldest first. Ignores files of other names. There are none
// if the directory does not exist.
absl::StatusOr<std::vector<AuditFile>> ListAuditFiles(const std::string& directory);

// Appends to the newest file and begins the next one when it is full. Only one object may write to
// a directory at a time; others may read. Not thread-safe. Every function may wait for the disk.
class AuditFileWriter {
 public:
  struct Options {
    std::string directory;
    // A file ends before the line that would make it larger.
    int64_t max_file_bytes = 0;
    // The oldest files above this number are removed.
    int64_t max_files = 0;
  };

  // Opens nothing before the first Append.
  explicit AuditFileWriter(Options options) : options_(std::move(options)) {}

  // Appends `lines`, all of them or none. They are not synced: a crash of the process loses none of
  // them, a crash of the machine may. After an error, the next call opens the files anew.
  absl::Status Append(std::string_view lines);

 private:
  // Opens the newest file, or the first one, and removes a last line that a crash has cut short.
  absl::Status Open();
  absl::Status OpenFile(int64_t begin);
  absl::Status RemoveTornLine();
  absl::Status RemoveOldest();
  absl::Status Write(std::string_view lines);

  const Options options_;
  // Not set: no file is open.
  std::optional<storage::FileDescriptor> file_;
  std::string path_;
  int64_t begin_ = 0;
  int64_t size_ = 0;
};

}  // namespace quorate::audit
