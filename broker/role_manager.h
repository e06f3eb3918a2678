// Which partitions this broker leads and follows, taken up from the images as they are published.
// There are no messages yet: taking up a role means knowing, logging and telling it.
//
// A role follows from the image alone, so none is stored: what the broker plays is read from the
// image that it has taken up, and what changes, from the comparison with the next one.
//
// The roles that an image gives to a broker id are its registered incarnation's. So a process takes
// up none before the image shows its own registration, and gives up all when it shows another's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/functional/function_ref.h"
#include "base/ids.h"
#include "broker/role_log.h"
#include "metadata/changed_partitions.h"
#include "metadata/metadata_image.h"
#include "quorate/broker/v1/broker_service.pb.h"

namespace quorate::broker {

// Broker loop only.
class RoleManager {
 public:
  RoleManager(BrokerId self, const Uuid& incarnation_id)
      : self_(self), incarnation_id_(incarnation_id), log_(self) {}

  // Begins to take up, change and give up roles so that they fit `now`, whose log may be another
  // than that of the image before (after a reset). REQUIRES: Step has returned false for the last
  // one.
  void Begin(const metadata::MetadataImage& now);
  // Fits the next slice of partitions, calls `changed` for each role that changed, and logs what
  // changed. False: all roles fit.
  bool Step(absl::FunctionRef<void(const RoleChange&)> changed);

  // The image of the last Begin, if this incarnation is registered in it; else an empty one.
  const metadata::MetadataImage& image() const { return image_; }
  // End offset of the image of the last Begin.
  int64_t end_offset() const { return end_offset_; }
  bool Leads(const metadata::PartitionView& partition) const { return partition.leader() == self_; }

  // All roles, by topic name, then partition.
  std::vector<v1::PartitionRole> List() const;
  size_t leader_count() const { return leader_count_; }
  size_t follower_count() const { return role_count_ - leader_count_; }

 private:
  // The role that the partition has for this broker; nothing: no replica of it is here.
  std::optional<Role> RoleIn(const std::optional<metadata::PartitionView>& partition) const;
  // Nothing: it has not changed.
  std::optional<RoleChange> Apply(const metadata::ChangedPartitions::Change& change);
  void Count(const std::optional<Role>& role, int times);

  const BrokerId self_;
  const Uuid incarnation_id_;
  metadata::MetadataImage image_;
  int64_t end_offset_ = 0;
  // What is left to fit; nothing: all roles fit.
  std::optional<metadata::ChangedPartitions> walk_;
  RoleLog log_;
  // By topic, of each partition with a role here: the end offset of the image that brought it.
  absl::btree_map<Uuid, std::vector<int64_t>> taken_up_at_;
  size_t role_count_ = 0;
  size_t leader_count_ = 0;
};

}  // namespace quorate::broker
