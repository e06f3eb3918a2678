// The cluster's metadata as a value: what the log says, up to one offset. Copying costs
// nanoseconds and shares everything; a copy never changes. The same type is the controller's
// committed and uncommitted state, the broker's view and a snapshot's content.
//
// Layout: topics in 1,024 shards -> topic -> chunks of 64 partitions in packed arrays, every node
// shared between images until an ImageBuilder changes it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/host_port.h"
#include "base/ids.h"

namespace quorate::metadata {

inline constexpr uint32_t kLatestMetadataVersion = 1;
// Positions in a replica list are bits of a mask.
inline constexpr size_t kMaxReplicas = 32;

// Where a broker is reached.
using Endpoint = HostPort;

struct BrokerRegistration {
  BrokerId id;
  Uuid incarnation_id;
  // Offset of its RegisterBrokerRecord.
  int64_t broker_epoch = -1;
  Endpoint endpoint;
  std::string rack;
  bool endpoint_verified = false;
  bool fenced = true;
  bool in_controlled_shutdown = false;

  // May lead and be in ISRs.
  bool active() const { return !fenced && !in_controlled_shutdown; }
  friend bool operator==(const BrokerRegistration&, const BrokerRegistration&) = default;
};

// One partition, read in place. Valid as long as the image (or topic) it came from.
class PartitionView {
 public:
  int32_t index() const { return index_; }
  // In order of preference.
  std::span<const int32_t> replicas() const { return replicas_; }
  size_t replica_count() const { return replicas_.size(); }
  BrokerId replica(size_t position) const { return BrokerId(replicas_[position]); }
  // Bit i: replica(i) is in sync.
  uint32_t isr_mask() const { return isr_mask_; }
  // In the order of replicas().
  std::vector<BrokerId> Isr() const;
  size_t isr_count() const { return static_cast<size_t>(__builtin_popcount(isr_mask_)); }
  bool InIsr(BrokerId broker) const;
  // Position among the replicas, or nothing.
  std::optional<size_t> PositionOf(BrokerId broker) const;
  std::optional<BrokerId> leader() const;
  std::optional<size_t> leader_position() const;
  int32_t leader_epoch() const { return leader_epoch_; }
  int32_t partition_epoch() const { return partition_epoch_; }

  // Same index and content.
  friend bool operator==(const PartitionView& a, const PartitionView& b);

 private:
  friend class TopicImage;
  int32_t index_ = 0;
  std::span<const int32_t> replicas_;
  uint32_t isr_mask_ = 0;
  uint8_t leader_position_plus_1_ = 0;
  int32_t leader_epoch_ = 0;
  int32_t partition_epoch_ = 0;
};

struct PartitionChunk;
class ChangedPartitions;

// One topic. Immutable once it is in an image.
class TopicImage {
 public:
  const std::string& name() const { return name_; }
  const Uuid& id() const { return id_; }
  int32_t partition_count() const { return partition_count_; }
  // REQUIRES: 0 <= index < partition_count().
  PartitionView partition(int32_t index) const;
  // Calls `fn` for the partitions that differ from `before` (an older image of the same topic, or
  // null: all of them), ascending. Chunks that are shared cost one comparison.
  void ForEachChangedPartition(const TopicImage* before,
                               absl::FunctionRef<void(const PartitionView&)> fn) const;

  // Same name, id and partitions. Chunks that are shared cost one comparison.
  friend bool operator==(const TopicImage& a, const TopicImage& b);

 private:
  friend class ImageBuilder;
  friend class ChangedPartitions;
  std::string name_;
  Uuid id_;
  int32_t partition_count_ = 0;
  std::vector<std::shared_ptr<const PartitionChunk>> chunks_;
};

using TopicPtr = std::shared_ptr<const TopicImage>;

// What a mutating request was answered (RequestResultRecord).
struct RequestResult {
  struct Item {
    int32_t code = 0;  // quorate.common.v1.ErrorCode
    std::string message;
    Uuid topic_id;  // zero: none

    friend bool operator==(const Item&, const Item&) = default;
  };
  std::string principal;
  RequestId request_id;
  std::string method;
  uint64_t request_hash = 0;
  std::vector<Item> items;

  friend bool operator==(const RequestResult&, const RequestResult&) = default;
};

// What the table of request results knows of a request id.
struct RequestLookup {
  enum class Kind {
    kNew,      // never seen: execute it
    kKnown,    // `result` is the answer
    kEvicted,  // at or below the client's highest evicted sequence: the outcome is unknown
  };
  Kind kind = Kind::kNew;
  std::shared_ptr<const RequestResult> result;
};

enum class ConfigResourceType { kTopic = 2, kBroker = 4 };

class MetadataImage {
 public:
  // The empty image at offset 0.
  MetadataImage();
  MetadataImage(const MetadataImage&);
  MetadataImage& operator=(const MetadataImage&);
  MetadataImage(MetadataImage&&) noexcept;
  MetadataImage& operator=(MetadataImage&&) noexcept;
  ~MetadataImage();

  // Exclusive: the next record's offset.
  RecordOffset end_offset() const;
  // Epoch of the last batch; 0 if there is none.
  Epoch last_epoch() const;
  int64_t last_append_time_ms() const;
  // 0: no MetadataVersionRecord yet.
  uint32_t metadata_version() const;

  size_t topic_count() const;
  int64_t partition_count() const;
  // Null: no such topic.
  TopicPtr FindTopic(const Uuid& id) const;
  TopicPtr FindTopicByName(std::string_view name) const;
  // A topic that exists and differs from `name` only in '.' versus '_' (their metric names would
  // collide), or null. `name` itself does not count.
  TopicPtr FindCollidingTopic(std::string_view name) const;
  // By id.
  void ForEachTopic(absl::FunctionRef<void(const TopicPtr&)> fn) const;
  // By name.
  std::vector<TopicPtr> TopicsByName() const;
  // Topics that were created, changed or deleted between `before` and this later image:
  // (before, now), null where it did not or does not exist; deletions first, then by id. Costs what
  // changed, plus one comparison for each shard.
  void ForEachChangedTopic(
      const MetadataImage& before,
      absl::FunctionRef<void(const TopicPtr& before, const TopicPtr& now)> fn) const;

  // By id.
  const std::map<BrokerId, std::shared_ptr<const BrokerRegistration>>& brokers() const;
  // Null: not registered.
  const BrokerRegistration* FindBroker(BrokerId id) const;

  RequestLookup FindRequest(std::string_view principal, const RequestId& id) const;
  size_t request_result_count() const;
  // Oldest first.
  void ForEachRequestResult(absl::FunctionRef<void(const RequestResult&)> fn) const;
  // The highest evicted sequence of each client that also has results here, in an order that
  // depends only on the content.
  void ForEachEvictedClient(
      absl::FunctionRef<void(std::string_view principal, const Uuid& client_uuid, int64_t sequence)>
          fn) const;

  // Configs of one resource, by key.
  std::map<std::string, std::string> Configs(ConfigResourceType type, std::string_view name) const;
  // The resources that have configs, by type, then name.
  void ForEachConfiguredResource(
      absl::FunctionRef<void(ConfigResourceType type, const std::string& name,
                             const std::map<std::string, std::string>& configs)>
          fn) const;

 private:
  friend class ImageBuilder;
  friend class ChangedPartitions;
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace quorate::metadata
