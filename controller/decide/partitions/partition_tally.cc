#include "controller/decide/partitions/partition_tally.h"

namespace quorate::controller {

void PartitionTally::AdvanceTo(const metadata::MetadataImage& image) {
  image.ForEachChangedTopic(
      counted_, [this](const metadata::TopicPtr& before, const metadata::TopicPtr& now) {
        if (now == nullptr) {
          before->ForEachChangedPartition(
              nullptr, [this](const metadata::PartitionView& gone) { Count(gone, -1); });
          return;
        }
        now->ForEachChangedPartition(before.get(), [&](const metadata::PartitionView& changed) {
          if (before != nullptr && changed.index() < before->partition_count()) {
            Count(before->partition(changed.index()), -1);
          }
          Count(changed, 1);
        });
      });
  counted_ = image;
}

PartitionTally::Load PartitionTally::LoadOf(BrokerId broker) const {
  const auto it = loads_.find(broker);
  return it == loads_.end() ? Load{} : it->second;
}

void PartitionTally::Count(const metadata::PartitionView& partition, int64_t times) {
  for (const int32_t replica : partition.replicas()) loads_[BrokerId(replica)].replicas += times;
  if (const auto leader = partition.leader()) {
    loads_[*leader].leaders += times;
  } else {
    counts_.offline += times;
  }
  if (partition.isr_count() < partition.replica_count()) counts_.under_replicated += times;
}

}  // namespace quorate::controller
