// Keeps which partitions this broker leads and follows, taken up from the images as they are
// published. Brokers hold no messages yet, so taking up a role means recording, logging and
// reporting it.
//
// A role follows from the image alone, so roles are not stored. The broker's roles are read from
// the image that it has taken up, and its role changes from the comparison with the next image.
//
// The roles that an image gives to a broker id belong to the registered incarnation. A process
// takes up no role before the image shows its own registration, and gives up all roles when it
// shows another incarnation's.
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

// Used on the broker's loop only.
class RoleManager {
 public:
  RoleManager(BrokerId self, const Uuid& incarnation_id)
      : self_(self), incarnation_id_(incarnation_id), log_(self) {}

  // Begins to take up, change and give up roles to match `now`. Its log may be another one than
  // that of the previous image (after a reset). REQUIRES: Step has returned false for the last
  // image.
  void Begin(const metadata::MetadataImage& now);
  // Processes the next slice of partitions, calls `changed` for each role that changed, and logs
  // the changes. Returns false once all roles match the image.
  bool Step(absl::FunctionRef<void(const RoleChange&)> changed);

  // The image of the last Begin if this incarnation is registered in it, otherwise an empty one.
  const metadata::MetadataImage& image() const { return image_; }
  // The end offset of the image of the last Begin.
  int64_t end_offset() const { return end_offset_; }
  bool Leads(const metadata::PartitionView& partition) const { return partition.leader() == self_; }

  // Returns all roles, sorted by topic name, then partition.
  std::vector<v1::PartitionRole> List() const;
  size_t leader_count() const { return leader_count_; }
  size_t follower_count() const { return role_count_ - leader_count_; }

 private:
  // Returns this broker's role for the partition. nullopt: it holds no replica.
  std::optional<Role> RoleIn(const std::optional<metadata::PartitionView>& partition) const;
  // Returns nullopt if the role has not changed.
  std::optional<RoleChange> Apply(const metadata::ChangedPartitions::Change& change);
  void Count(const std::optional<Role>& role, int times);

  const BrokerId self_;
  const Uuid incarnation_id_;
  metadata::MetadataImage image_;
  int64_t end_offset_ = 0;
  // The changes that are still to be processed. nullopt: all roles match the image.
  std::optional<metadata::ChangedPartitions> walk_;
  RoleLog log_;
  // For each partition with a role here, by topic: the end offset of the image that brought it.
  absl::btree_map<Uuid, std::vector<int64_t>> taken_up_at_;
  size_t role_count_ = 0;
  size_t leader_count_ = 0;
};

}  // namespace quorate::broker
