// Which partitions this broker leads and follows, taken up from the images as they are published.
// There are no messages yet: taking up a role means knowing, logging and telling it.
//
// The roles that an image gives to a broker id are its registered incarnation's. So a process takes
// up none before the image shows its own registration, and gives up all when it shows another's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "metadata/metadata_image.h"
#include "quorate/broker/v1/broker_service.pb.h"

namespace quorate::broker {

// Broker loop only.
class RoleManager {
 public:
  RoleManager(BrokerId self, const Uuid& incarnation_id)
      : self_(self), incarnation_id_(incarnation_id) {}

  // Takes up, changes and gives up roles so that they fit `now`, and logs each transition once.
  // `before` is the image of the last call, at first an empty one; its log may be another than
  // `now`'s (after a reset). Returns the roles that changed, those given up with role unspecified.
  std::vector<v1::PartitionRole> OnImage(const metadata::MetadataImage& before,
                                         const metadata::MetadataImage& now);

  // All roles, by topic name, then partition.
  std::vector<v1::PartitionRole> List() const;
  size_t leader_count() const { return leader_count_; }
  size_t follower_count() const { return role_count_ - leader_count_; }

 private:
  struct Role {
    int32_t leader_epoch = 0;
    // -1: none.
    int32_t leader_id = -1;
    // End offset of the image that it was taken up from.
    int64_t end_offset = 0;

    bool Same(const Role& other) const {
      return leader_epoch == other.leader_epoch && leader_id == other.leader_id;
    }
  };
  struct TopicRoles {
    std::string name;
    std::map<int32_t, Role> partitions;
  };

  // The role that the partition has for this broker; nothing: no replica of it is here.
  std::optional<Role> RoleIn(const metadata::PartitionView& partition, int64_t end_offset) const;
  bool Leads(const Role& role) const { return role.leader_id == self_.value(); }
  const char* NameOf(const Role& role) const;
  // Whose the leader epoch is, for a follower's log line.
  std::string LeaderOf(const Role& role) const;
  v1::PartitionRole ToProto(const Uuid& topic_id, const std::string& topic, int32_t partition,
                            const Role& role) const;

  void Take(const Uuid& topic_id, TopicRoles& topic, int32_t partition, const Role& role,
            std::vector<v1::PartitionRole>& changes);
  void GiveUp(const Uuid& topic_id, TopicRoles& topic, int32_t partition, int64_t end_offset,
              std::vector<v1::PartitionRole>& changes);

  void Update(const metadata::MetadataImage& before, const metadata::MetadataImage& now,
              std::vector<v1::PartitionRole>& changes);
  void GiveUpAll(int64_t end_offset, std::vector<v1::PartitionRole>& changes);

  const BrokerId self_;
  const Uuid incarnation_id_;
  // By the last image, this incarnation is the registered one.
  bool registered_ = false;
  std::map<Uuid, TopicRoles> topics_;
  size_t role_count_ = 0;
  size_t leader_count_ = 0;
};

}  // namespace quorate::broker
