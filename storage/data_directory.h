// A node's data directory: whose it is, and that one process uses it at a time. Controllers keep
// their log in it; brokers may use it alike.
//
//   DIR/LOCK                  locked (flock) while a process uses the directory; holds its pid
//   DIR/identity.properties   format version, cluster, role, node and directory id
//   DIR/watermark, DIR/log/   controller_log.h
//   DIR/voter_lists           voter_lists.h
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/random.h"
#include "base/uuid.h"

namespace quorate::storage {

enum class Role { kController, kBroker };

// What the configuration says whose directory it should be.
struct DirectoryOwner {
  Role role = Role::kController;
  std::string cluster_id;
  int32_t node_id = 0;

  friend bool operator==(const DirectoryOwner&, const DirectoryOwner&) = default;
};

class DataDirectory {
 public:
  // Locks the directory and checks that it is `owner`'s. Makes it, with a new directory id, if it
  // is missing or empty. FAILED_PRECONDITION: in use by another process, somebody else's, of a
  // newer format, or neither empty nor a data directory; DATA_LOSS: its identity is damaged.
  // Nothing was changed then.
  static absl::StatusOr<std::unique_ptr<DataDirectory>> Open(const std::string& path,
                                                             const DirectoryOwner& owner, Rng& rng);
  // Locks one that exists, whoever its owner is: for tools. Errors as above; FAILED_PRECONDITION
  // too where there is no data directory. Nothing but the lock is changed.
  static absl::StatusOr<std::unique_ptr<DataDirectory>> OpenExisting(const std::string& path);
  // Unlocks.
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  const std::string& path() const { return path_; }
  // Of what a controller keeps in it.
  std::string LogPath() const;
  std::string WatermarkPath() const;
  std::string VoterListsPath() const;
  const DirectoryOwner& owner() const { return identity_.owner; }
  const Uuid& directory_id() const { return identity_.directory_id; }

  // Whether the owner's data was made in it. From then on missing data is a loss, and not the first
  // start: a voter must not come back under its old directory id without its log.
  bool is_formatted() const { return identity_.is_formatted; }
  // Remembers, durably, that it was. Before anything in it counts.
  absl::Status MarkFormatted();

 private:
  struct Identity {
    DirectoryOwner owner;
    Uuid directory_id;
    bool is_formatted = false;
  };

  DataDirectory(std::string path, int lock_fd) : path_(std::move(path)), lock_fd_(lock_fd) {}

  static std::string Render(const Identity& identity);
  static absl::StatusOr<Identity> Parse(const std::string& path, const std::string& content);
  absl::Status LoadOrMake(const DirectoryOwner& owner, Rng& rng);
  absl::Status Save(const Identity& identity);
  std::string IdentityPath() const;

  const std::string path_;
  const int lock_fd_;
  Identity identity_;
};

}  // namespace quorate::storage
