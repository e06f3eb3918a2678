// Changes an image, one batch of records at a time. Apart from the image because an image never
// changes: the builder makes the next one, copies each node at most once for it, and changes the
// nodes that it has already copied in place.
//
// It changes, replay.cc judges: what contradicts the image is refused there, and is a CHECK here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "metadata/metadata_image.h"

namespace quorate::metadata {

// Not thread-safe.
class ImageBuilder {
 public:
  // A new partition. The next index of the topic is its own.
  struct Partition {
    // 1 to kMaxReplicas, in order of preference.
    std::span<const int32_t> replicas;
    uint32_t isr_mask = 0;
    // 0: no leader.
    uint8_t leader_position_plus_1 = 0;
    int32_t leader_epoch = 0;
    int32_t partition_epoch = 0;
  };

  struct PartitionChange {
    int32_t partition = 0;
    uint32_t isr_mask = 0;
    // 0: no leader.
    uint8_t leader_position_plus_1 = 0;
  };

  explicit ImageBuilder(MetadataImage base);

  // What has been built so far. Valid until the next change.
  const MetadataImage& image() const { return image_; }

  void SetPosition(RecordOffset end_offset, Epoch last_epoch, int64_t append_time_ms);
  void SetMetadataVersion(uint32_t version);

  // REQUIRES: neither the id nor the name exists.
  void AddTopic(const Uuid& id, std::string_view name);
  // With its partitions and configs. REQUIRES: it exists (so for all that name a topic).
  void RemoveTopic(const Uuid& id);
  void AddPartitions(const Uuid& topic_id, std::span<const Partition> partitions);
  // Adds 1 to the partition epoch of each, and to the leader epoch where the leader changes.
  void ChangePartitions(const Uuid& topic_id, std::span<const PartitionChange> changes);

  // Adds it, or replaces the registration of the same id.
  void SetBroker(BrokerRegistration registration);

  void SetConfig(ConfigResourceType type, std::string_view name, std::string_view key,
                 std::string_view value);
  // Nothing, if there is no such key.
  void DeleteConfig(ConfigResourceType type, std::string_view name, std::string_view key);

  // `bytes`: the size of its serialized RequestResultRecord. REQUIRES: FindRequest says kNew.
  void AddRequestResult(RequestResult result, size_t bytes);

  // From a snapshot; false: the client has no results.
  bool SetHighestEvicted(std::string_view principal, const Uuid& client_uuid, int64_t sequence);

  MetadataImage Build() &&;

 private:
  MetadataImage::State& state();
  TopicImage& OwnTopic(const Uuid& id);

  // Held so that every node of it counts as shared (Own).
  const MetadataImage base_;
  MetadataImage image_;
};

}  // namespace quorate::metadata
