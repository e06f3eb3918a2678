#include "storage/disk_snapshot_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/check.h"
#include "storage/file_descriptor.h"
#include "storage/file_io.h"

namespace quorate::storage {

namespace fs = std::filesystem;

absl::StatusOr<DiskSnapshotFiles> DiskSnapshotFiles::Open(std::string path) {
  if (mkdir(path.c_str(), 0750) == 0) {
    RETURN_IF_ERROR(SyncDirectory(fs::path(path).parent_path().string()));
  } else if (errno != EEXIST) {
    return ErrnoStatus("make", path);
  }
  return DiskSnapshotFiles(std::move(path));
}

absl::StatusOr<std::vector<std::string>> DiskSnapshotFiles::List() const {
  std::error_code error;
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(path_, error)) {
    names.push_back(entry.path().filename().string());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return absl::ErrnoToStatus(error.value(), absl::StrFormat("cannot list %s", path_));
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<std::optional<uint64_t>> DiskSnapshotFiles::Size(const std::string& name) const {
  struct stat info {};
  if (stat(PathOf(name).c_str(), &info) == 0) return static_cast<uint64_t>(info.st_size);
  if (errno == ENOENT) return std::optional<uint64_t>();
  return ErrnoStatus("look at", PathOf(name));
}

absl::StatusOr<std::string> DiskSnapshotFiles::Read(const std::string& name, uint64_t position,
                                                    size_t max_bytes) const {
  const FileDescriptor file(open(PathOf(name).c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return ErrnoStatus("open", PathOf(name));
  std::string bytes(max_bytes, '\0');
  size_t filled = 0;
  while (filled < max_bytes) {
    const ssize_t got = pread(file.get(), bytes.data() + filled, max_bytes - filled,
                              static_cast<off_t>(position + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoStatus("read", PathOf(name));
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

absl::Status DiskSnapshotFiles::Append(const std::string& name, std::string_view bytes) {
  const FileDescriptor file(
      open(PathOf(name).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  if (file.get() < 0) return ErrnoStatus("create", PathOf(name));
  return WriteAll(file, bytes, PathOf(name));
}

absl::Status DiskSnapshotFiles::Truncate(const std::string& name, uint64_t size) {
  if (truncate(PathOf(name).c_str(), static_cast<off_t>(size)) == 0) return absl::OkStatus();
  return ErrnoStatus("truncate", PathOf(name));
}

absl::Status DiskSnapshotFiles::Sync(const std::string& name) {
  const FileDescriptor file(open(PathOf(name).c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return ErrnoStatus("open", PathOf(name));
  return fsync(file.get()) == 0 ? absl::OkStatus() : ErrnoStatus("sync", PathOf(name));
}

absl::Status DiskSnapshotFiles::Rename(const std::string& from, const std::string& to) {
  if (std::rename(PathOf(from).c_str(), PathOf(to).c_str()) != 0) {
    return ErrnoStatus("rename", PathOf(from));
  }
  return SyncDirectory(path_);
}

absl::Status DiskSnapshotFiles::Remove(const std::string& name) {
  if (unlink(PathOf(name).c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  return ErrnoStatus("remove", PathOf(name));
}

}  // namespace quorate::storage
