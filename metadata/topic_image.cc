#include "metadata/topic_image.h"

#include <algorithm>

#include "base/check.h"
#include "metadata/copy_on_write.h"
#include "metadata/partition_chunk.h"

namespace quorate::metadata {

std::vector<BrokerId> PartitionView::ReplicasIn(uint32_t mask) const {
  std::vector<BrokerId> replicas;
  replicas.reserve(static_cast<size_t>(__builtin_popcount(mask)));
  for (size_t i = 0; i < replicas_.size(); ++i) {
    if ((mask >> i & 1) != 0) replicas.push_back(replica(i));
  }
  return replicas;
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

const PartitionExtras& PartitionView::extras() const {
  static constexpr PartitionExtras kNone;
  if (chunk_->extras == nullptr) return kNone;
  return chunk_->extras->Of(static_cast<size_t>(index_ % PartitionChunk::kPartitions));
}

std::optional<BrokerId> PartitionView::last_known_leader() const {
  const std::optional<uint8_t> position = extras().last_known_leader_position;
  if (!position.has_value()) return std::nullopt;
  return replica(*position);
}

std::optional<Uuid> PartitionView::directory(size_t position) const {
  if (chunk_->extras == nullptr) return std::nullopt;
  const auto replicas_begin = static_cast<size_t>(replicas_.data() - chunk_->replicas.data());
  const Uuid id = chunk_->extras->DirectoryOf(replicas_begin + position);
  if (id.is_zero()) return std::nullopt;
  return id;
}

bool PartitionView::has_directories() const {
  for (size_t i = 0; i < replica_count(); ++i) {
    if (directory(i).has_value()) return true;
  }
  return false;
}

bool operator==(const PartitionView& a, const PartitionView& b) {
  const auto has_equal_extras = [&] {
    if (a.chunk_->extras == nullptr && b.chunk_->extras == nullptr) return true;
    if (!(a.extras() == b.extras())) return false;
    for (size_t i = 0; i < a.replica_count(); ++i) {
      if (a.directory(i) != b.directory(i)) return false;
    }
    return true;
  };
  return a.index_ == b.index_ && a.isr_mask_ == b.isr_mask_ &&
         a.leader_position_plus_1_ == b.leader_position_plus_1_ &&
         a.leader_epoch_ == b.leader_epoch_ && a.partition_epoch_ == b.partition_epoch_ &&
         std::equal(a.replicas_.begin(), a.replicas_.end(), b.replicas_.begin(),
                    b.replicas_.end()) &&
         has_equal_extras();
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
  view.chunk_ = &chunk;
  return view;
}

bool TopicImage::has_extras() const {
  return std::any_of(chunks_.begin(), chunks_.end(),
                     [](const auto& chunk) { return chunk->extras != nullptr; });
}

void TopicImage::ForEachPartitionWithExtras(
    int32_t begin, int32_t end, absl::FunctionRef<void(const PartitionView&)> fn) const {
  while (begin < end) {
    const int32_t chunk = begin / PartitionChunk::kPartitions;
    const int32_t chunk_end = std::min(end, (chunk + 1) * PartitionChunk::kPartitions);
    if (chunks_[chunk]->extras == nullptr) begin = chunk_end;
    for (; begin < chunk_end; ++begin) {
      const PartitionView view = partition(begin);
      if (!view.extras().empty() || view.has_directories()) fn(view);
    }
  }
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

void TopicImage::AddPartitions(std::span<const PartitionUpdate> added,
                               std::span<const Uuid> directory_ids) {
  while (!added.empty()) {
    const size_t used = static_cast<size_t>(partition_count_) % PartitionChunk::kPartitions;
    if (used == 0) chunks_.push_back(nullptr);
    const auto fitting = added.first(
        std::min(added.size(), static_cast<size_t>(PartitionChunk::kPartitions) - used));
    Own(chunks_.back()).Add(fitting, directory_ids);
    partition_count_ += static_cast<int32_t>(fitting.size());
    added = added.subspan(fitting.size());
  }
}

void TopicImage::ChangePartitions(std::span<const PartitionUpdate> changes,
                                  std::span<const Uuid> directory_ids) {
  CHECK(changes.empty() || changes.back().partition < partition_count_) << name_;
  while (!changes.empty()) {
    const int32_t chunk = changes.front().partition / PartitionChunk::kPartitions;
    size_t count = 1;
    while (count < changes.size() &&
           changes[count].partition / PartitionChunk::kPartitions == chunk) {
      ++count;
    }
    Own(chunks_[chunk]).Change(changes.first(count), directory_ids);
    changes = changes.subspan(count);
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
