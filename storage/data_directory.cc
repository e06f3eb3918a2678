#include "storage/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <string_view>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "storage/file_io.h"

namespace quorate::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLockName = "LOCK";
// An interrupted first start leaves the first name, and a new file system contains the second.
constexpr std::string_view kIdentityTemporaryName = "identity.properties.tmp";
constexpr std::string_view kLostAndFoundName = "lost+found";

// Returns the absolute path, without a trailing slash, which would hide the parent.
fs::path FullPath(const std::string& path) {
  return (fs::absolute(path) / "").lexically_normal().parent_path();
}

// Returns whether a node has started with the directory `path` before. Returns an error if this
// cannot be known: a directory that may not be searched does not count as empty.
absl::StatusOr<bool> HasIdentity(const fs::path& path) {
  std::error_code error;
  const bool exists = fs::exists(path / kIdentityName, error);
  if (!error) return exists;
  return absl::ErrnoToStatus(error.value(),
                             absl::StrFormat("cannot look into data directory %s", path.string()));
}

// Returns OK if `path` holds only what a first start may find or leave behind.
absl::Status CheckUnused(const fs::path& path) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
    const std::string name = entry.path().filename().string();
    if (name == kLockName || name == kIdentityTemporaryName || name == kLostAndFoundName) continue;
    return absl::FailedPreconditionError(absl::StrFormat(
        "data directory %s has no %s, but is not empty (it holds '%s'); give this node an empty "
        "directory, or put the identity file back if this was its data",
        path.string(), kIdentityName, name));
  }
  if (error) {
    return absl::ErrnoToStatus(error.value(), absl::StrFormat("cannot list %s", path.string()));
  }
  return absl::OkStatus();
}

// Locks the directory and returns the locked descriptor.
absl::StatusOr<int> Lock(const std::string& path) {
  const std::string lock_path = (fs::path(path) / kLockName).string();
  const int fd = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) return absl::ErrnoToStatus(errno, absl::StrFormat("cannot open %s", lock_path));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    char pid[32] = "";
    const ssize_t bytes = pread(fd, pid, sizeof(pid) - 1, 0);
    close(fd);
    if (error != EWOULDBLOCK) {
      return absl::ErrnoToStatus(error, absl::StrFormat("cannot lock %s", lock_path));
    }
    return absl::FailedPreconditionError(absl::StrFormat(
        "data directory %s is in use by another process%s; stop that process first, or give this "
        "node its own data directory",
        path, bytes > 0 ? absl::StrFormat(" (pid %s)", pid) : ""));
  }
  // The pid only tells people which process it is, so failures do not matter.
  const std::string pid = std::to_string(getpid());
  if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    PLOG(WARNING) << "cannot write " << lock_path;
  }
  return fd;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DataDirectory>> DataDirectory::Open(const std::string& path,
                                                                   const DirectoryOwner& owner,
                                                                   Rng& rng) {
  const fs::path full_path = FullPath(path);
  std::error_code error;
  if (fs::create_directories(full_path, error)) {
    RETURN_IF_ERROR(SyncDirectory(full_path.parent_path().string()));
  } else if (error) {
    return absl::ErrnoToStatus(error.value(),
                               absl::StrFormat("cannot create data directory %s", path));
  }
  // Checks before locking, so that not even a lock file is left in a directory that is not ours.
  ASSIGN_OR_RETURN(const bool has_identity, HasIdentity(full_path));
  if (!has_identity) RETURN_IF_ERROR(CheckUnused(full_path));
  ASSIGN_OR_RETURN(const int lock_fd, Lock(full_path.string()));
  std::unique_ptr<DataDirectory> directory(new DataDirectory(full_path.string(), lock_fd));
  RETURN_IF_ERROR(directory->LoadOrMake(owner, rng));
  return directory;
}

absl::StatusOr<std::unique_ptr<DataDirectory>> DataDirectory::OpenExisting(
    const std::string& path) {
  const fs::path full_path = FullPath(path);
  ASSIGN_OR_RETURN(const bool has_identity, HasIdentity(full_path));
  if (!has_identity) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s is not a data directory: it has no %s", path, kIdentityName));
  }
  ASSIGN_OR_RETURN(const int lock_fd, Lock(full_path.string()));
  std::unique_ptr<DataDirectory> directory(new DataDirectory(full_path.string(), lock_fd));
  ASSIGN_OR_RETURN(const std::optional<std::string> content, ReadFile(directory->IdentityPath()));
  ASSIGN_OR_RETURN(directory->identity_, directory->Parse(content.value_or("")));
  return directory;
}

// Closing the descriptor unlocks. The file stays: if it were removed, a third process could lock a
// new file of this name.
DataDirectory::~DataDirectory() { close(lock_fd_); }

absl::Status DataDirectory::LoadOrMake(const DirectoryOwner& owner, Rng& rng) {
  ASSIGN_OR_RETURN(const std::optional<std::string> content, ReadFile(IdentityPath()));
  if (!content) return Save({.owner = owner, .directory_id = Uuid::Random(rng)});
  ASSIGN_OR_RETURN(identity_, Parse(*content));
  if (identity_.owner != owner) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "data directory %s belongs to %s, but this node is configured as %s; correct the "
        "configuration, or give this node its own data directory",
        path_, ToString(identity_.owner), ToString(owner)));
  }
  return absl::OkStatus();
}

absl::Status DataDirectory::MarkFormatted() {
  DirectoryIdentity identity = identity_;
  identity.is_formatted = true;
  return Save(identity);
}

absl::Status DataDirectory::Save(const DirectoryIdentity& identity) {
  RETURN_IF_ERROR(ReplaceFile(IdentityPath(), EncodeIdentity(identity)));
  identity_ = identity;
  return absl::OkStatus();
}

std::string DataDirectory::IdentityPath() const {
  return (fs::path(path_) / kIdentityName).string();
}

std::string DataDirectory::LogPath() const { return (fs::path(path_) / "log").string(); }

std::string DataDirectory::LossWatermarkPath() const {
  return (fs::path(path_) / "watermark").string();
}

std::string DataDirectory::VoterListsPath() const {
  return (fs::path(path_) / "voter_lists").string();
}

absl::StatusOr<DirectoryIdentity> DataDirectory::Parse(const std::string& content) const {
  absl::StatusOr<DirectoryIdentity> identity = ParseIdentity(content);
  if (identity.ok()) return identity;
  return absl::Status(
      identity.status().code(),
      absl::StrFormat("data directory %s: %s", path_, std::string(identity.status().message())));
}

}  // namespace quorate::storage
