// The identity file of a data directory: the node to which the directory belongs. It is text, in
// the format of docs/storage_format.md, with a checksum of itself.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "base/uuid.h"

namespace quorate::storage {

enum class Role { kController, kBroker };

// The node to which a directory belongs.
struct DirectoryOwner {
  Role role = Role::kController;
  std::string cluster_id;
  int32_t node_id = 0;

  friend bool operator==(const DirectoryOwner&, const DirectoryOwner&) = default;
};

// Returns, for example, "controller 1 of cluster MkU3OEVBNTcwNTJENDM2Qg".
std::string ToString(const DirectoryOwner& owner);

struct DirectoryIdentity {
  DirectoryOwner owner;
  Uuid directory_id;
  // The owner's data was created in the directory.
  bool is_formatted = false;

  friend bool operator==(const DirectoryIdentity&, const DirectoryIdentity&) = default;
};

// The name of the file in the data directory.
inline constexpr char kIdentityName[] = "identity.properties";

// Returns the content of the file.
std::string EncodeIdentity(const DirectoryIdentity& identity);

// Parses the content of the file. Returns FAILED_PRECONDITION if it has a newer format, and
// DATA_LOSS for anything that EncodeIdentity does not write. The message names the remedy.
absl::StatusOr<DirectoryIdentity> ParseIdentity(const std::string& content);

}  // namespace quorate::storage
