// Helpers for code that calls the file system directly: storage/, and bench/synced_file.h.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

namespace quorate::storage {

// Returns the status of the system call that has just set errno.
inline absl::Status ErrnoStatus(std::string_view doing, const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrFormat("cannot %s %s", doing, path));
}

// Closes a descriptor that open(2) returned. Does nothing if it is negative.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  int get() const { return fd_; }

 private:
  const int fd_;
};

// Writes all of `content` at the current position of the file.
inline absl::Status WriteAll(const FileDescriptor& file, std::string_view content,
                             const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = write(file.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrnoStatus("write", path);
    content.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

}  // namespace quorate::storage
