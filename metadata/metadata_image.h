// MetadataImage is the cluster's metadata as a value: the result of replaying the log up to one
// offset. An image never changes. Copying one takes nanoseconds, because copies share all nodes.
// The same type holds the controller's committed and uncommitted state, a broker's view and the
// content of a snapshot.
//
// Layout: 1,024 shards of topics -> topic -> chunks of 64 partitions in packed arrays. Images share
// each of these nodes until an ImageBuilder changes it.
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
// Each position in a replica list is one bit of a 32-bit mask.
inline constexpr size_t kMaxReplicas = 32;

// The address at which a broker is reached.
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

  // Returns whether the broker may become leader or join an ISR.
  bool active() const { return !fenced && !in_controlled_shutdown; }
  friend bool operator==(const BrokerRegistration&, const BrokerRegistration&) = default;
};

// A view of one partition. Valid as long as the image or topic that it was read from is alive.
class PartitionView {
 public:
  int32_t index() const { return index_; }
  // Broker ids in order of preference.
  std::span<const int32_t> replicas() const { return replicas_; }
  size_t replica_count() const { return replicas_.size(); }
  BrokerId replica(size_t position) const { return BrokerId(replicas_[position]); }
  // Bit i is set if replica(i) is in sync.
  uint32_t isr_mask() const { return isr_mask_; }
  // Returns the in-sync replicas, in the order of replicas().
  std::vector<BrokerId> Isr() const;
  size_t isr_count() const { return static_cast<size_t>(__builtin_popcount(isr_mask_)); }
  bool InIsr(BrokerId broker) const;
  // Returns the broker's position in replicas(), or nullopt if it is not a replica.
  std::optional<size_t> PositionOf(BrokerId broker) const;
  // Both return nullopt if there is no leader.
  std::optional<BrokerId> leader() const;
  std::optional<size_t> leader_position() const;
  int32_t leader_epoch() const { return leader_epoch_; }
  int32_t partition_epoch() const { return partition_epoch_; }

  // Compares index and content.
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

// One topic and its partitions. Immutable once it is in an image.
class TopicImage {
 public:
  const std::string& name() const { return name_; }
  const Uuid& id() const { return id_; }
  int32_t partition_count() const { return partition_count_; }
  // REQUIRES: 0 <= index < partition_count().
  PartitionView partition(int32_t index) const;
  // Calls `fn` for each partition that differs from `before`, in ascending order. `before` is an
  // older image of the same topic; if it is null, all partitions differ. Comparing two chunks that
  // are shared takes one pointer comparison.
  void ForEachChangedPartition(const TopicImage* before,
                               absl::FunctionRef<void(const PartitionView&)> fn) const;

  // Compares name, id and partitions. Comparing two chunks that are shared takes one pointer
  // comparison.
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

// The answer that a mutating request received (RequestResultRecord).
struct RequestResult {
  struct Item {
    int32_t code = 0;  // quorate.common.v1.ErrorCode
    std::string message;
    Uuid topic_id;  // zero if there is none

    friend bool operator==(const Item&, const Item&) = default;
  };
  std::string principal;
  RequestId request_id;
  std::string method;
  uint64_t request_hash = 0;
  std::vector<Item> items;

  friend bool operator==(const RequestResult&, const RequestResult&) = default;
};

// What an image knows about a request id.
struct RequestLookup {
  enum class Kind {
    kNew,      // there is no result: execute the request
    kKnown,    // `result` is the answer
    kEvicted,  // at or below the client's highest evicted sequence: the outcome is unknown
  };
  Kind kind = Kind::kNew;
  std::shared_ptr<const RequestResult> result;
};

enum class ConfigResourceType { kTopic = 2, kBroker = 4 };

// Thread-compatible: different threads may use copies of one image at the same time. Pointers,
// references and views into an image are valid as long as it is alive.
class MetadataImage {
 public:
  // Makes the empty image at offset 0.
  MetadataImage();
  MetadataImage(const MetadataImage&);
  MetadataImage& operator=(const MetadataImage&);
  MetadataImage(MetadataImage&&) noexcept;
  MetadataImage& operator=(MetadataImage&&) noexcept;
  ~MetadataImage();

  // The offset of the next record, one after the last one in the image.
  RecordOffset end_offset() const;
  // Epoch of the last batch; 0 if there is none.
  Epoch last_epoch() const;
  int64_t last_append_time_ms() const;
  // 0 until there is a MetadataVersionRecord.
  uint32_t metadata_version() const;

  size_t topic_count() const;
  int64_t partition_count() const;
  // These return null if there is no such topic.
  TopicPtr FindTopic(const Uuid& id) const;
  TopicPtr FindTopicByName(std::string_view name) const;
  // Returns a topic whose name differs from `name` only in '.' versus '_', or null. The names of
  // their metrics would collide. A topic named `name` itself does not count.
  TopicPtr FindCollidingTopic(std::string_view name) const;
  // Calls `fn` for each topic, ordered by id.
  void ForEachTopic(absl::FunctionRef<void(const TopicPtr&)> fn) const;
  // Returns all topics, sorted by name.
  std::vector<TopicPtr> TopicsByName() const;
  // Calls `fn`(before, now) for each topic that was created, changed or deleted between `before`
  // and this later image. `before` is null for a created topic, and `now` for a deleted one.
  // Deleted topics come first; both groups are ordered by id. Takes time proportional to the
  // changes, plus at most one pointer comparison for each shard.
  void ForEachChangedTopic(
      const MetadataImage& before,
      absl::FunctionRef<void(const TopicPtr& before, const TopicPtr& now)> fn) const;

  // The registered brokers by id, fenced ones included.
  const std::map<BrokerId, std::shared_ptr<const BrokerRegistration>>& brokers() const;
  // Returns null if the broker is not registered.
  const BrokerRegistration* FindBroker(BrokerId id) const;

  RequestLookup FindRequest(std::string_view principal, const RequestId& id) const;
  size_t request_result_count() const;
  // Calls `fn` for each result, oldest first.
  void ForEachRequestResult(absl::FunctionRef<void(const RequestResult&)> fn) const;
  // Calls `fn` with the highest evicted sequence of each client that also has results here. The
  // order depends only on the content.
  void ForEachEvictedClient(
      absl::FunctionRef<void(std::string_view principal, const Uuid& client_uuid, int64_t sequence)>
          fn) const;

  // Returns the configs of one resource by key; empty if there are none.
  std::map<std::string, std::string> Configs(ConfigResourceType type, std::string_view name) const;
  // Calls `fn` for each resource that has configs, ordered by type, then by name.
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
