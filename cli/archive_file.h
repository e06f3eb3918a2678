// Writes an archive of small files: tar, compressed with gzip.
#pragma once

#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct archive;

namespace quorate::cli {

// Not thread-safe.
class ArchiveFile {
 public:
  // Creates the file. Returns ALREADY_EXISTS if it exists, and other errors with the reason.
  static absl::StatusOr<ArchiveFile> Create(const std::string& path, std::time_t now);

  // Adds a file that only its owner may read.
  absl::Status Add(const std::string& name, std::string_view content);
  // Completes the archive. Returns an error if it was not written completely.
  absl::Status Finish();

 private:
  struct Free {
    void operator()(archive* writer) const;
  };

  ArchiveFile(std::string path, std::time_t now);
  absl::Status ErrorOf(const std::string& what) const;

  std::string path_;
  std::time_t now_;
  std::unique_ptr<archive, Free> writer_;
};

}  // namespace quorate::cli
