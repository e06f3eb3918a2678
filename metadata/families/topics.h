// TopicsImage holds the topics with their partitions. Kafka: TopicsImage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "metadata/partition_extras.h"
#include "metadata/record_family.h"
#include "metadata/sharded_map.h"
#include "metadata/topic_image.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// A record family (record_family.h). The functions about records of partitions are in
// partitions.cc, partition_changes.cc and partition_texts.cc.
class TopicsImage {
 public:
  using Kinds =
      RecordKinds<RecordKind<v1::Record::kTopic, &v1::Record::topic>,
                  RecordKind<v1::Record::kRemoveTopic, &v1::Record::remove_topic,
                             Occurrence{.in_snapshots = false}>,
                  RecordKind<v1::Record::kPartitions, &v1::Record::partitions>,
                  RecordKind<v1::Record::kPartitionChanges, &v1::Record::partition_changes,
                             Occurrence{.in_snapshots = false}>>;

  size_t size() const { return topics_.size(); }
  int64_t partition_count() const { return partition_count_; }
  // These are described in MetadataImage, whose functions call them.
  TopicPtr Find(const Uuid& id) const;
  TopicPtr FindByName(std::string_view name) const;
  TopicPtr FindColliding(std::string_view name) const;
  void ForEach(absl::FunctionRef<void(const TopicPtr&)> fn) const { topics_.ForEach(fn); }
  void ForEachFrom(const Uuid& id, absl::FunctionRef<bool(const TopicPtr&)> fn) const {
    topics_.ForEachFrom(id, fn);
  }
  std::vector<TopicPtr> ByName() const;
  void ForEachChange(const TopicsImage& before,
                     absl::FunctionRef<void(const TopicPtr& before, const TopicPtr& now)> fn) const;

  // The topics are divided into this many shards, in the order of their ids.
  static constexpr size_t kShards = 1024;
  // Calls `fn`(before, now) for each topic of one shard that differs, as ForEachChange does, but
  // ordered by id.
  void ForEachChangeIn(
      size_t shard, const TopicsImage& before,
      absl::FunctionRef<void(const TopicPtr* before, const TopicPtr* now)> fn) const {
    topics_.ForEachChangeIn(shard, before.topics_, fn);
  }

  absl::Status Replay(const v1::TopicRecord& record, const ReplayContext& context);
  absl::Status Replay(const v1::RemoveTopicRecord& record, const ReplayContext& context);
  absl::Status Replay(const v1::PartitionsRecord& record, const ReplayContext& context);
  absl::Status Replay(const v1::PartitionChangesRecord& record, const ReplayContext& context);
  static std::string TextOf(const v1::TopicRecord& record, size_t max_items);
  static std::string TextOf(const v1::RemoveTopicRecord& record, size_t max_items);
  static std::string TextOf(const v1::PartitionsRecord& record, size_t max_items);
  static std::string TextOf(const v1::PartitionChangesRecord& record, size_t max_items);
  // Kafka has one record for each partition.
  static int32_t OffsetsOf(const v1::PartitionsRecord& record);
  static int32_t OffsetsOf(const v1::PartitionChangesRecord& record);

  void AddToSnapshot(SnapshotSections& sections) const;
  void AddToHash(HashSections& sections) const;
  void AddToText(std::string& text) const;

 private:
  // Topics by id. The shard is the first ten bits of the id. Ids are random, so shards fill evenly,
  // and the order of the shards is the order of the ids.
  struct ById {
    using Entry = TopicPtr;
    using Key = Uuid;
    static const Uuid& KeyOf(const TopicPtr& topic) { return topic->id(); }
    static size_t ShardOf(const Uuid& id) {
      const std::string_view bytes = id.bytes();
      return (static_cast<uint8_t>(bytes[0]) << 2) | (static_cast<uint8_t>(bytes[1]) >> 6);
    }
  };
  static_assert(kShards == ShardedMap<ById>::kShards);

  // Topic ids by the hash of the topic's normalized name (NameHash). The same index finds the topic
  // that has a name and a topic whose name collides with it.
  struct IdsByNameHash {
    using Entry = std::pair<uint64_t, Uuid>;
    using Key = Entry;
    static const Key& KeyOf(const Entry& entry) { return entry; }
    static size_t ShardOf(const Key& key) { return key.first >> 54; }
  };

  // Returns XXH3-64 of `name` with every '.' replaced by '_', as Kafka does in the names of
  // metrics.
  static uint64_t NameHash(std::string_view name);
  // Returns the first topic with the hash of `name` that `matches`, or null.
  TopicPtr FindByHash(std::string_view name,
                      absl::FunctionRef<bool(const TopicImage&)> matches) const;
  // Returns the topic with this id, or FAILED_PRECONDITION if there is none.
  absl::StatusOr<TopicPtr> Require(const std::string& id_bytes) const;
  // Returns the topic, which may be changed in place. REQUIRES: the topic exists.
  TopicImage& OwnTopic(const Uuid& id);

  // Fills the record of up to kPartitionsPerRecord partitions from `first` on.
  static void FillRecord(const TopicImage& topic, int32_t first, v1::PartitionsRecord& record);

  // Partitions of a topic in one record of a snapshot. Even the largest such record, whose replicas
  // are all in different directories, is smaller than a chunk. Part of the format.
  static constexpr int32_t kPartitionsPerRecord = 1024;

  int64_t partition_count_ = 0;
  ShardedMap<ById> topics_;
  ShardedMap<IdsByNameHash> names_;
};

struct NewPartition {
  // In order of preference.
  std::vector<BrokerId> replicas;
  // Bit i is set if replicas[i] is in sync.
  uint32_t isr_mask = 0;
  // Position of the leader in `replicas`; nullopt if there is no leader.
  std::optional<size_t> leader_position;
  // The rest needs metadata version 2, unless it is unused.
  PartitionExtras extras;
  // The log directory of each replica, zero if none is assigned. Empty if no replica has one.
  std::vector<Uuid> directories;
};

struct PartitionChange {
  int32_t partition = 0;
  // The new state, as in NewPartition. If the replicas change, it refers to the new ones.
  uint32_t isr_mask = 0;
  std::optional<size_t> leader_position;
  // The rest needs metadata version 2, unless it is unused.
  //
  // Whether the leader epoch grows although the leader stays.
  bool bumps_leader_epoch = false;
  // The new replicas. If empty, the replicas stay.
  std::vector<BrokerId> replicas;
  // The new extras. If nullopt, the extras stay, unless the replicas change: then there are none.
  std::optional<PartitionExtras> extras;
  // The new directories, as in NewPartition. If empty, they stay, unless the replicas change: then
  // there are none.
  std::vector<Uuid> directories;
};

v1::Record MakeTopicRecord(std::string_view name, const Uuid& id);
v1::Record MakeRemoveTopicRecord(const Uuid& id);
// The record creates the partitions first_partition, first_partition + 1, … with all epochs 0.
// REQUIRES: `partitions` is not empty, and each has no directories or one for each replica.
v1::Record MakePartitionsRecord(const Uuid& topic_id, int32_t first_partition,
                                std::span<const NewPartition> partitions);
// REQUIRES: `changes` is not empty and is in ascending order of partitions. Either none has
// directories, or all have one for each replica.
v1::Record MakePartitionChangesRecord(const Uuid& topic_id,
                                      std::span<const PartitionChange> changes);

}  // namespace quorate::metadata
