// Writes the log lines about role changes: one line per role while an image changes few of them,
// and one summary if it changes many, because a broker may hold a million replicas.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "metadata/metadata_image.h"

namespace quorate::broker {

// The broker's role for a partition of which it holds a replica.
struct Role {
  int32_t leader_epoch = 0;
  // nullopt: the partition has no leader.
  std::optional<BrokerId> leader;

  friend bool operator==(const Role&, const Role&) = default;
};

// Valid only during the call that it is passed to.
struct RoleChange {
  const metadata::TopicImage& topic;
  int32_t partition;
  // nullopt: this broker holds no replica.
  std::optional<Role> before;
  std::optional<Role> now;
};

// Used on the broker's loop only.
class RoleLog {
 public:
  // An image that changes more roles than this is logged as a summary. Its single changes are then
  // logged at verbose level 1.
  static constexpr size_t kMaxLines = 10;

  explicit RoleLog(BrokerId self) : self_(self) {}

  // Adds a role that has changed with the image that ends at `end_offset`.
  void Add(const RoleChange& change, int64_t end_offset);
  // All changes of this image have been added: logs them.
  void Flush(int64_t end_offset);

 private:
  bool Leads(const std::optional<Role>& role) const { return role && role->leader == self_; }
  const char* NameOf(const std::optional<Role>& role) const;
  std::string LineOf(const RoleChange& change, int64_t end_offset) const;

  const BrokerId self_;
  // The lines of the first changes.
  std::vector<std::string> lines_;
  size_t leaders_ = 0;
  size_t followers_ = 0;
  size_t given_up_ = 0;
};

}  // namespace quorate::broker
