// ImageBuilder makes the next image from an existing one, which stays as it is. It copies each node
// before the first change to it; later changes to that node happen in place.
//
// ImageBuilder trusts its input. Replay validates records and refuses those that contradict the
// image (record_replay.h); a contradiction that gets here fails a CHECK.
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
  // A partition to add. It gets the topic's next free index.
  struct Partition {
    // 1 to kMaxReplicas broker ids, in order of preference.
    std::span<const int32_t> replicas;
    uint32_t isr_mask = 0;
    // Position of the leader in `replicas` plus 1; 0 if there is no leader.
    uint8_t leader_position_plus_1 = 0;
    int32_t leader_epoch = 0;
    int32_t partition_epoch = 0;
  };

  // The new ISR and leader of an existing partition.
  struct PartitionChange {
    int32_t partition = 0;
    uint32_t isr_mask = 0;
    // As in Partition.
    uint8_t leader_position_plus_1 = 0;
  };

  explicit ImageBuilder(MetadataImage base);

  // Returns the image built so far. Pointers and views into it are valid until the next change.
  const MetadataImage& image() const { return image_; }

  void SetPosition(RecordOffset end_offset, Epoch last_epoch, int64_t append_time_ms);
  void SetMetadataVersion(uint32_t version);

  // REQUIRES: no topic has this id or this name.
  void AddTopic(const Uuid& id, std::string_view name);
  // Removes the topic with its partitions and configs. REQUIRES: the topic exists. This also holds
  // for the other functions that take a topic id.
  void RemoveTopic(const Uuid& id);
  void AddPartitions(const Uuid& topic_id, std::span<const Partition> partitions);
  // Adds 1 to the partition epoch of each partition, and to its leader epoch if the leader changes.
  void ChangePartitions(const Uuid& topic_id, std::span<const PartitionChange> changes);

  // Adds the broker, or replaces its registration.
  void SetBroker(BrokerRegistration registration);

  void SetConfig(ConfigResourceType type, std::string_view name, std::string_view key,
                 std::string_view value);
  // Does nothing if there is no such key.
  void DeleteConfig(ConfigResourceType type, std::string_view name, std::string_view key);

  // `bytes` is the size of the serialized RequestResultRecord. REQUIRES: FindRequest returns kNew
  // for the request.
  void AddRequestResult(RequestResult result, size_t bytes);

  // Restores how far a client's results were evicted, from a snapshot. Returns false and changes
  // nothing if the client has no results in the image.
  bool SetHighestEvicted(std::string_view principal, const Uuid& client_uuid, int64_t sequence);

  MetadataImage Build() &&;

 private:
  MetadataImage::State& state();
  TopicImage& OwnTopic(const Uuid& id);

  // Holds a reference to every node of the original image, so that Own copies a node before it is
  // changed.
  const MetadataImage base_;
  MetadataImage image_;
};

}  // namespace quorate::metadata
