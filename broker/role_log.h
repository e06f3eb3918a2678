// The log lines of what a broker becomes: one for each role while an image changes few of them, and
// one sum where it changes many, because a broker may hold a million replicas.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "metadata/metadata_image.h"

namespace quorate::broker {

// What the broker is to a partition of which it holds a replica.
struct Role {
  int32_t leader_epoch = 0;
  // Nothing: the partition has no leader.
  std::optional<BrokerId> leader;

  friend bool operator==(const Role&, const Role&) = default;
};

// Valid during the call that it is passed to.
struct RoleChange {
  const metadata::TopicImage& topic;
  int32_t partition;
  // Nothing: no replica is here.
  std::optional<Role> before;
  std::optional<Role> now;
};

// Broker loop only.
class RoleLog {
 public:
  // An image that changes more roles than this is logged as a sum; each of its changes is then at
  // verbose level 1.
  static constexpr size_t kMaxLines = 10;

  explicit RoleLog(BrokerId self) : self_(self) {}

  // A role has changed with the image that ends at `end_offset`.
  void Add(const RoleChange& change, int64_t end_offset);
  // That was all of this image.
  void Flush(int64_t end_offset);

 private:
  bool Leads(const std::optional<Role>& role) const { return role && role->leader == self_; }
  const char* NameOf(const std::optional<Role>& role) const;
  std::string LineOf(const RoleChange& change, int64_t end_offset) const;

  const BrokerId self_;
  // Of the first changes.
  std::vector<std::string> lines_;
  size_t leaders_ = 0;
  size_t followers_ = 0;
  size_t given_up_ = 0;
};

}  // namespace quorate::broker
