#include "storage/file_io.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "base/check.h"
#include "storage/file_descriptor.h"

namespace quorate::storage {
namespace {

absl::Status WriteAndSync(const std::string& path, std::string_view content) {
  const FileDescriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  if (file.get() < 0) return ErrnoStatus("create", path);
  RETURN_IF_ERROR(WriteAll(file, content, path));
  if (fsync(file.get()) != 0) return ErrnoStatus("sync", path);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<std::string>> ReadFile(const std::string& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT) return std::optional<std::string>();
    return ErrnoStatus("open", path);
  }
  std::string content;
  char buffer[4096];
  while (true) {
    const ssize_t bytes = read(file.get(), buffer, sizeof(buffer));
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return ErrnoStatus("read", path);
    if (bytes == 0) return std::optional(std::move(content));
    content.append(buffer, static_cast<size_t>(bytes));
  }
}

absl::Status ReplaceFile(const std::string& path, std::string_view content) {
  const std::string temporary = path + ".tmp";
  RETURN_IF_ERROR(WriteAndSync(temporary, content));
  if (std::rename(temporary.c_str(), path.c_str()) != 0) return ErrnoStatus("replace", path);
  return SyncDirectory(std::filesystem::path(path).parent_path().string());
}

absl::Status SyncDirectory(const std::string& path) {
  const FileDescriptor directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) return ErrnoStatus("open", path);
  if (fsync(directory.get()) != 0) return ErrnoStatus("sync", path);
  return absl::OkStatus();
}

}  // namespace quorate::storage
