#include "metadata/changed_partitions.h"

#include <algorithm>

#include "metadata/image_state.h"
#include "metadata/partition_chunk.h"

namespace quorate::metadata {

ChangedPartitions::ChangedPartitions(MetadataImage before, MetadataImage now)
    : before_(std::move(before)), now_(std::move(now)) {}

bool ChangedPartitions::Next(size_t budget, absl::FunctionRef<void(const Change&)> fn) {
  size_t looked_at = 0;
  while (looked_at < budget) {
    if (topic_ < topics_.size()) {
      looked_at += WalkTopic(budget - looked_at, fn);
      continue;
    }
    topics_.clear();
    topic_ = 0;
    if (next_shard_ == TopicsImage::kShards) return false;
    now_.Get<TopicsImage>().ForEachChangeIn(next_shard_++, before_.Get<TopicsImage>(),
                                            [this](const TopicPtr* before, const TopicPtr* now) {
                                              topics_.emplace_back(before ? *before : nullptr,
                                                                   now ? *now : nullptr);
                                            });
  }
  return true;
}

size_t ChangedPartitions::WalkTopic(size_t budget, absl::FunctionRef<void(const Change&)> fn) {
  const TopicImage* const before = topics_[topic_].first.get();
  const TopicImage* const now = topics_[topic_].second.get();
  const int32_t count_before = before == nullptr ? 0 : before->partition_count();
  const int32_t count_now = now == nullptr ? 0 : now->partition_count();
  const int32_t count = std::max(count_before, count_now);
  const auto is_shared = [&](int32_t partition) {
    const size_t chunk = static_cast<size_t>(partition / PartitionChunk::kPartitions);
    return before != nullptr && now != nullptr && chunk < before->chunks_.size() &&
           chunk < now->chunks_.size() && before->chunks_[chunk] == now->chunks_[chunk];
  };
  size_t looked_at = 0;
  for (; partition_ < count && looked_at < budget; ++looked_at) {
    if (partition_ % PartitionChunk::kPartitions == 0 && is_shared(partition_)) {
      partition_ += PartitionChunk::kPartitions;
      continue;
    }
    Change change{.topic = now == nullptr ? *before : *now, .partition = partition_};
    if (partition_ < count_before) change.before = before->partition(partition_);
    if (partition_ < count_now) change.now = now->partition(partition_);
    ++partition_;
    if (change.before != change.now) fn(change);
  }
  if (partition_ < count) return looked_at;
  partition_ = 0;
  ++topic_;
  return looked_at + 1;
}

}  // namespace quorate::metadata
