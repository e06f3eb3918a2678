#include "metadata/topic_image.h"

#include <algorithm>

#include "base/check.h"
#include "metadata/copy_on_write.h"
#include "metadata/partition_chunk.h"

namespace quorate::metadata {

std::vector<BrokerId> PartitionView::Isr() const {
  std::vector<BrokerId> isr;
  isr.reserve(isr_count());
  for (size_t i = 0; i < replicas_.size(); ++i) {
    if ((isr_mask_ >> i & 1) != 0) isr.push_back(replica(i));
  }
  return isr;
}

bool PartitionView::InIsr(BrokerId broker) const {
  const std::optional<size_t> position = PositionOf(broker);
  return position.has_value() && (isr_mask_ >> *position & 1) != 0;
}

std::optional<size_t> PartitionView::PositionOf(BrokerId broker) const {
  const auto it = std::find(replicas_.begin(), replicas_.end(), broker.value());
  if (it == replicas_.end()) return std::nullopt;
  return static_cast<size_t>(it - replicas_.begin());
}

std::optional<BrokerId> PartitionView::leader() const {
  if (leader_position_plus_1_ == 0) return std::nullopt;
  return replica(leader_position_plus_1_ - 1);
}

std::optional<size_t> PartitionView::leader_position() const {
  if (leader_position_plus_1_ == 0) return std::nullopt;
  return leader_position_plus_1_ - 1;
}

bool operator==(const PartitionView& a, const PartitionView& b) {
  return a.index_ == b.index_ && a.isr_mask_ == b.isr_mask_ &&
         a.leader_position_plus_1_ == b.leader_position_plus_1_ &&
         a.leader_epoch_ == b.leader_epoch_ && a.partition_epoch_ == b.partition_epoch_ &&
         std::equal(a.replicas_.begin(), a.replicas_.end(), b.replicas_.begin(), b.replicas_.end());
}

PartitionView TopicImage::partition(int32_t index) const {
  CHECK(index >= 0 && index < partition_count_) << name_ << "-" << index;
  const PartitionChunk& chunk = *chunks_[index / PartitionChunk::kPartitions];
  const PartitionChunk::Row& row = chunk.rows[index % PartitionChunk::kPartitions];
  PartitionView view;
  view.index_ = index;
  view.replicas_ = std::span(chunk.replicas).subspan(row.replicas_begin, row.replica_count);
  view.isr_mask_ = row.isr_mask;
  view.leader_position_plus_1_ = row.leader_position_plus_1;
  view.leader_epoch_ = row.leader_epoch;
  view.partition_epoch_ = row.partition_epoch;
  return view;
}

void TopicImage::ForEachChangedPartition(const TopicImage* before,
                                         absl::FunctionRef<void(const PartitionView&)> fn) const {
  for (size_t c = 0; c < chunks_.size(); ++c) {
    if (before != nullptr && c < before->chunks_.size() && before->chunks_[c] == chunks_[c]) {
      continue;
    }
    const int32_t begin = static_cast<int32_t>(c) * PartitionChunk::kPartitions;
    const int32_t end = std::min(begin + PartitionChunk::kPartitions, partition_count_);
    for (int32_t i = begin; i < end; ++i) {
      const PartitionView now = partition(i);
      const bool known = before != nullptr && i < before->partition_count_;
      if (!known || !(before->partition(i) == now)) fn(now);
    }
  }
}

void TopicImage::AddPartitions(std::span<const AddedPartition> partitions) {
  while (!partitions.empty()) {
    const size_t used = static_cast<size_t>(partition_count_) % PartitionChunk::kPartitions;
    if (used == 0) chunks_.push_back(nullptr);
    PartitionChunk& chunk = Own(chunks_.back());
    const std::span<const AddedPartition> fitting = partitions.first(
        std::min(partitions.size(), static_cast<size_t>(PartitionChunk::kPartitions) - used));
    // Reserve exactly what is needed: images live long, and there are many chunks.
    size_t replica_count = chunk.replicas.size();
    for (const AddedPartition& partition : fitting) replica_count += partition.replicas.size();
    chunk.replicas.reserve(replica_count);
    chunk.rows.reserve(used + fitting.size());
    for (const AddedPartition& partition : fitting) {
      CHECK(!partition.replicas.empty() && partition.replicas.size() <= kMaxReplicas);
      chunk.rows.push_back({
          .isr_mask = partition.isr_mask,
          .leader_epoch = partition.leader_epoch,
          .partition_epoch = partition.partition_epoch,
          .replicas_begin = static_cast<uint16_t>(chunk.replicas.size()),
          .replica_count = static_cast<uint8_t>(partition.replicas.size()),
          .leader_position_plus_1 = partition.leader_position_plus_1,
      });
      chunk.replicas.insert(chunk.replicas.end(), partition.replicas.begin(),
                            partition.replicas.end());
    }
    partition_count_ += static_cast<int32_t>(fitting.size());
    partitions = partitions.subspan(fitting.size());
  }
}

void TopicImage::ChangePartitions(std::span<const ChangedPartition> changes) {
  for (const ChangedPartition& change : changes) {
    CHECK(change.partition >= 0 && change.partition < partition_count_) << name_;
    PartitionChunk& chunk = Own(chunks_[change.partition / PartitionChunk::kPartitions]);
    PartitionChunk::Row& row = chunk.rows[change.partition % PartitionChunk::kPartitions];
    if (row.leader_position_plus_1 != change.leader_position_plus_1) ++row.leader_epoch;
    ++row.partition_epoch;
    row.isr_mask = change.isr_mask;
    row.leader_position_plus_1 = change.leader_position_plus_1;
  }
}

bool operator==(const TopicImage& a, const TopicImage& b) {
  if (&a == &b) return true;
  if (a.id_ != b.id_ || a.name_ != b.name_ || a.partition_count_ != b.partition_count_) {
    return false;
  }
  for (int32_t i = 0; i < a.partition_count_; ++i) {
    const int32_t chunk = i / PartitionChunk::kPartitions;
    if (a.chunks_[chunk] == b.chunks_[chunk]) {
      i += PartitionChunk::kPartitions - 1;  // skip the shared chunk
    } else if (!(a.partition(i) == b.partition(i))) {
      return false;
    }
  }
  return true;
}

}  // namespace quorate::metadata
