// A file to which each append is synced.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "base/check.h"
#include "storage/file_descriptor.h"

namespace quorate::bench {

// A failure ends the program. Not thread-safe.
class SyncedFile {
 public:
  explicit SyncedFile(std::string path)
      : path_(std::move(path)),
        file_(open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
    CHECK(file_.get() >= 0) << "cannot open " << path_;
  }

  // Durable on return.
  void Append(std::string_view content) {
    const absl::Status written = storage::WriteAll(file_, content, path_);
    CHECK(written.ok()) << written;
    CHECK_EQ(fdatasync(file_.get()), 0) << path_;
  }

 private:
  const std::string path_;
  const storage::FileDescriptor file_;
};

}  // namespace quorate::bench
