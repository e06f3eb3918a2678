#include "storage/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "storage/file_io.h"

namespace quorate::storage {
namespace {

namespace fs = std::filesystem;

constexpr int32_t kFormatVersion = 1;
constexpr std::string_view kLockName = "LOCK";
constexpr std::string_view kIdentityName = "identity.properties";
// An interrupted first start leaves the first name, and a new file system contains the second.
constexpr std::string_view kIdentityTemporaryName = "identity.properties.tmp";
constexpr std::string_view kLostAndFoundName = "lost+found";

// Returns the absolute path, without a trailing slash, which would hide the parent.
fs::path FullPath(const std::string& path) {
  return (fs::absolute(path) / "").lexically_normal().parent_path();
}

const char* NameOf(Role role) { return role == Role::kController ? "controller" : "broker"; }

std::string Describe(const DirectoryOwner& owner) {
  return absl::StrFormat("%s %d of cluster %s", NameOf(owner.role), owner.node_id,
                         owner.cluster_id);
}

// Returns the value of the line NAME=… in a properties file, or nullopt if there is no such line.
std::optional<std::string> FindValue(const std::string& content, std::string_view name) {
  const std::vector<std::string> lines = absl::StrSplit(content, '\n');
  for (const std::string& line : lines) {
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == '=') {
      return line.substr(name.size() + 1);
    }
  }
  return std::nullopt;
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
  ASSIGN_OR_RETURN(directory->identity_, Parse(directory->path_, content.value_or("")));
  return directory;
}

// Closing the descriptor unlocks. The file stays: if it were removed, a third process could lock a
// new file of this name.
DataDirectory::~DataDirectory() { close(lock_fd_); }

absl::Status DataDirectory::LoadOrMake(const DirectoryOwner& owner, Rng& rng) {
  ASSIGN_OR_RETURN(const std::optional<std::string> content, ReadFile(IdentityPath()));
  if (!content) return Save({.owner = owner, .directory_id = Uuid::Random(rng)});
  ASSIGN_OR_RETURN(identity_, Parse(path_, *content));
  if (identity_.owner != owner) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "data directory %s belongs to %s, but this node is configured as %s; correct the "
        "configuration, or give this node its own data directory",
        path_, Describe(identity_.owner), Describe(owner)));
  }
  return absl::OkStatus();
}

absl::Status DataDirectory::MarkFormatted() {
  Identity identity = identity_;
  identity.is_formatted = true;
  return Save(identity);
}

absl::Status DataDirectory::Save(const Identity& identity) {
  RETURN_IF_ERROR(ReplaceFile(IdentityPath(), Render(identity)));
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

std::string DataDirectory::Render(const Identity& identity) {
  std::string text = absl::StrFormat(
      "# Whose data this is. Made at the first start; not to be edited or copied.\n"
      "format.version=%d\n"
      "cluster.id=%s\n"
      "role=%s\n"
      "node.id=%d\n"
      "directory.id=%s\n"
      "formatted=%s\n",
      kFormatVersion, identity.owner.cluster_id, NameOf(identity.owner.role),
      identity.owner.node_id, identity.directory_id.ToString(),
      identity.is_formatted ? "true" : "false");
  const uint64_t checksum = XXH3_64bits(text.data(), text.size());
  return text + absl::StrFormat("checksum=%016x\n", checksum);
}

absl::StatusOr<DataDirectory::Identity> DataDirectory::Parse(const std::string& path,
                                                             const std::string& content) {
  int32_t version = 0;
  if (absl::SimpleAtoi(FindValue(content, "format.version").value_or(""), &version) &&
      version > kFormatVersion) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "data directory %s has format version %d, but this program supports up to %d; start the "
        "newer program that wrote it",
        path, version, kFormatVersion));
  }
  Identity identity;
  identity.owner.cluster_id = FindValue(content, "cluster.id").value_or("");
  identity.owner.role =
      FindValue(content, "role") == NameOf(Role::kBroker) ? Role::kBroker : Role::kController;
  identity.directory_id =
      Uuid::Parse(FindValue(content, "directory.id").value_or("")).value_or(Uuid());
  identity.is_formatted = FindValue(content, "formatted") == "true";
  // If anything is missing, added or changed, the text differs from the one that we write.
  if (!absl::SimpleAtoi(FindValue(content, "node.id").value_or(""), &identity.owner.node_id) ||
      Render(identity) != content) {
    return absl::DataLossError(absl::StrFormat(
        "data directory %s: %s is damaged or was edited; put the original file back", path,
        kIdentityName));
  }
  return identity;
}

}  // namespace quorate::storage
