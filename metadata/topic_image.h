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
#include "metadata/partition_extras.h"

namespace quorate::metadata {

// Each position in a replica list is one bit of a 32-bit mask.
inline constexpr size_t kMaxReplicas = 32;

struct PartitionChunk;
struct PartitionUpdate;

// A view of one partition. Valid as long as the image or topic that it was read from is alive.
class PartitionView {
 public:
  int32_t index() const { return index_; }
  // Broker ids in order of preference.
  std::span<const int32_t> replicas() const { return replicas_; }
  size_t replica_count() const { return replicas_.size(); }
  BrokerId replica(size_t position) const { return BrokerId(replicas_[position]); }
  // Returns the replicas whose bits are set in `mask`, in the order of replicas().
  std::vector<BrokerId> ReplicasIn(uint32_t mask) const;
  // Bit i is set if replica(i) is in sync. Empty only if there are eligible leader replicas or a
  // last known leader.
  uint32_t isr_mask() const { return isr_mask_; }
  std::vector<BrokerId> Isr() const { return ReplicasIn(isr_mask_); }
  size_t isr_count() const { return static_cast<size_t>(__builtin_popcount(isr_mask_)); }
  bool InIsr(BrokerId broker) const;
  // Returns the broker's position in replicas(), or nullopt if it is not a replica.
  std::optional<size_t> PositionOf(BrokerId broker) const;
  // Both return nullopt if there is no leader.
  std::optional<BrokerId> leader() const;
  std::optional<size_t> leader_position() const;
  int32_t leader_epoch() const { return leader_epoch_; }
  int32_t partition_epoch() const { return partition_epoch_; }

  // The properties that few partitions have, and what they say. Reading them takes one comparison
  // if no partition nearby has any of them.
  const PartitionExtras& extras() const;
  uint32_t adding_mask() const { return extras().adding_mask; }
  uint32_t removing_mask() const { return extras().removing_mask; }
  uint32_t elr_mask() const { return extras().elr_mask; }
  std::optional<BrokerId> last_known_leader() const;
  bool recovering() const { return extras().recovering; }
  // Returns the log directory of replica(position), or nullopt if none is assigned.
  std::optional<Uuid> directory(size_t position) const;
  // Returns whether any replica has a directory.
  bool has_directories() const;

  // Compares index and content.
  friend bool operator==(const PartitionView& a, const PartitionView& b);

 private:
  friend class TopicImage;

  PartitionView() = default;

  int32_t index_ = 0;
  std::span<const int32_t> replicas_;
  uint32_t isr_mask_ = 0;
  uint8_t leader_position_plus_1_ = 0;
  int32_t leader_epoch_ = 0;
  int32_t partition_epoch_ = 0;
  // The chunk that holds the partition.
  const PartitionChunk* chunk_ = nullptr;
};

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

  // Returns whether any partition has extras or directories.
  bool has_extras() const;
  // Calls `fn` for each partition from `begin` to `end` (exclusive) that has extras or directories,
  // in ascending order. Takes one comparison for each chunk of partitions without them.
  void ForEachPartitionWithExtras(int32_t begin, int32_t end,
                                  absl::FunctionRef<void(const PartitionView&)> fn) const;

  // Compares name, id and partitions. Comparing two chunks that are shared takes one pointer
  // comparison.
  friend bool operator==(const TopicImage& a, const TopicImage& b);

 private:
  friend class TopicsImage;
  friend class ChangedPartitions;

  // Adds partitions, which get the topic's next free indexes, in order. `directory_ids` is the
  // record's list of directories.
  void AddPartitions(std::span<const PartitionUpdate> added, std::span<const Uuid> directory_ids);
  // Changes existing partitions, which are in ascending order.
  void ChangePartitions(std::span<const PartitionUpdate> changes,
                        std::span<const Uuid> directory_ids);

  std::string name_;
  Uuid id_;
  int32_t partition_count_ = 0;
  std::vector<std::shared_ptr<const PartitionChunk>> chunks_;
};

using TopicPtr = std::shared_ptr<const TopicImage>;

}  // namespace quorate::metadata
