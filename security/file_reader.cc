#include "security/file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_format.h"

namespace quorate::security {

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
  // A missing file has the version of an empty struct.
  if (stat(path.c_str(), &info) != 0) info = {};
  return {static_cast<int64_t>(info.st_dev),
          static_cast<int64_t>(info.st_ino),
          static_cast<int64_t>(info.st_size),
          info.st_mtim.tv_sec,
          info.st_mtim.tv_nsec,
          info.st_ctim.tv_sec,
          info.st_ctim.tv_nsec};
}

}  // namespace quorate::security
