#include "security/file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_format.h"

namespace quorate::security {
namespace {

std::chrono::system_clock::time_point TimeOf(const timespec& time) {
  return std::chrono::system_clock::from_time_t(time.tv_sec) +
         std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& name, const std::string& path,
                                     size_t max_bytes) {
  const auto fail = [&name](const std::string& why) {
    return absl::FailedPreconditionError(absl::StrFormat("cannot read %s: %s", name, why));
  };
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(strerror(errno));
  std::string text;
  char buffer[16384];
  ssize_t got = 0;
  while ((got = read(fd, buffer, sizeof(buffer))) > 0 && text.size() <= max_bytes) {
    text.append(buffer, static_cast<size_t>(got));
  }
  const int error = errno;
  close(fd);
  if (got < 0) return fail(strerror(error));
  if (text.size() > max_bytes) {
    return fail(absl::StrFormat("it is larger than %d KiB", max_bytes >> 10));
  }
  return text;
}

FileVersion VersionOf(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0) return {};
  return {.device = info.st_dev,
          .inode = info.st_ino,
          .bytes = info.st_size,
          .written = TimeOf(info.st_mtim),
          .changed = TimeOf(info.st_ctim)};
}

}  // namespace quorate::security
