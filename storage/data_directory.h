// A node's data directory. Records which node it belongs to, and lets only one process use it at a
// time. Controllers keep their log in it; brokers may use it in the same way.
//
//   DIR/LOCK                  locked (flock) while a process uses the directory; holds its pid
//   DIR/identity.properties   format version, cluster, role, node and directory id
//   DIR/watermark, DIR/log/   controller_log.h
//   DIR/voter_lists           voter_lists.h
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/random.h"
#include "base/uuid.h"
#include "storage/directory_identity.h"

namespace quorate::storage {

// Keeps a data directory locked, and knows its identity.
class DataDirectory {
 public:
  // Locks the directory and checks that it belongs to `owner`. Creates it, with a new directory id,
  // if it is missing or empty. Returns FAILED_PRECONDITION if the directory is in use by another
  // process, belongs to another node, has a newer format, or is neither empty nor a data directory.
  // Returns DATA_LOSS if its identity is damaged. In these cases nothing was changed.
  static absl::StatusOr<std::unique_ptr<DataDirectory>> Open(const std::string& path,
                                                             const DirectoryOwner& owner, Rng& rng);
  // Locks an existing directory, whatever its owner. For tools. Returns the errors above, and
  // FAILED_PRECONDITION if there is no data directory. Changes nothing but the lock.
  static absl::StatusOr<std::unique_ptr<DataDirectory>> OpenExisting(const std::string& path);
  // Unlocks the directory.
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  const std::string& path() const { return path_; }
  // Paths of what a controller keeps in the directory.
  std::string LogPath() const;
  std::string LossWatermarkPath() const;
  std::string VoterListsPath() const;
  const DirectoryOwner& owner() const { return identity_.owner; }
  const Uuid& directory_id() const { return identity_.directory_id; }

  // Returns whether the owner's data was created in the directory. From then on missing data is a
  // loss and not a first start: a voter must not come back under its old directory id without its
  // log.
  bool is_formatted() const { return identity_.is_formatted; }
  // Records durably that the data was created. Call it before anything depends on the data.
  absl::Status MarkFormatted();

 private:
  DataDirectory(std::string path, int lock_fd) : path_(std::move(path)), lock_fd_(lock_fd) {}

  absl::Status LoadOrMake(const DirectoryOwner& owner, Rng& rng);
  absl::Status Save(const DirectoryIdentity& identity);
  // Parses the identity file. Errors name the directory.
  absl::StatusOr<DirectoryIdentity> Parse(const std::string& content) const;
  std::string IdentityPath() const;

  const std::string path_;
  const int lock_fd_;
  DirectoryIdentity identity_;
};

}  // namespace quorate::storage
