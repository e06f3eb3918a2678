// One topic of an image, and the view through which its partitions are read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/ids.h"

namespace quorate::metadata {

// Each position in a replica list is one bit of a 32-bit mask.
inline constexpr size_t kMaxReplicas = 32;

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

// One topic and its partitions. Immutable once it is in an image; only TopicsImage
// (families/topics.h) makes and changes topics.
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
  friend class TopicsImage;
  friend class ChangedPartitions;

  // A partition to add. It gets the topic's next free index.
  struct AddedPartition {
    // 1 to kMaxReplicas broker ids, in order of preference.
    std::span<const int32_t> replicas;
    uint32_t isr_mask = 0;
    // Position of the leader in `replicas` plus 1; 0 if there is no leader.
    uint8_t leader_position_plus_1 = 0;
    int32_t leader_epoch = 0;
    int32_t partition_epoch = 0;
  };
  // The new ISR and leader of an existing partition.
  struct ChangedPartition {
    int32_t partition = 0;
    uint32_t isr_mask = 0;
    // As in AddedPartition.
    uint8_t leader_position_plus_1 = 0;
  };

  void AddPartitions(std::span<const AddedPartition> partitions);
  // Adds 1 to the partition epoch of each partition, and to its leader epoch if the leader changes.
  void ChangePartitions(std::span<const ChangedPartition> changes);

  std::string name_;
  Uuid id_;
  int32_t partition_count_ = 0;
  std::vector<std::shared_ptr<const PartitionChunk>> chunks_;
};

using TopicPtr = std::shared_ptr<const TopicImage>;

}  // namespace quorate::metadata
