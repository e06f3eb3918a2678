#include "controller/decide/partitions/partition_tally.h"

#include <algorithm>
#include <string>

#include "controller/decide/configs/effective_config.h"
#include "controller/decide/partitions/partition_conditions.h"
#include "metadata/image_state.h"

namespace quorate::controller {
namespace {

using metadata::ConfigResourceType;
using metadata::ConfigsImage;

}  // namespace

void PartitionTally::AdvanceTo(const metadata::MetadataImage& image) {
  // After this, the configs of `image` hold for the partitions of both images.
  RecountWithConfigsOf(image);
  image.ForEachChangedTopic(
      counted_, [&](const metadata::TopicPtr& before, const metadata::TopicPtr& now) {
        const auto min_isr = OwnMinIsrOf(OwnConfigsOf(image, now == nullptr ? *before : *now));
        if (now == nullptr) {
          before->ForEachChangedPartition(
              nullptr, [&](const metadata::PartitionView& gone) { Count(gone, min_isr, -1); });
          return;
        }
        now->ForEachChangedPartition(before.get(), [&](const metadata::PartitionView& changed) {
          if (before != nullptr && changed.index() < before->partition_count()) {
            const metadata::PartitionView old = before->partition(changed.index());
            Count(old, min_isr, -1);
            CountChange(old, changed);
          }
          Count(changed, min_isr, 1);
        });
      });
  counted_ = image;
}

void PartitionTally::RecountWithConfigsOf(const metadata::MetadataImage& image) {
  image.Get<ConfigsImage>().ForEachChangedResource(
      counted_.Get<ConfigsImage>(),
      [this, &image](ConfigResourceType type, const std::string& name,
                     const ConfigsImage::Values* before, const ConfigsImage::Values* now) {
        if (type == ConfigResourceType::kBroker && name == metadata::kDefaultOfBrokers) {
          ChangeDefaultMinIsr(MinIsrOf(image.Get<ConfigsImage>(), nullptr));
        }
        if (type != ConfigResourceType::kTopic) return;
        const std::optional<size_t> old_min_isr = OwnMinIsrOf(before);
        const std::optional<size_t> new_min_isr = OwnMinIsrOf(now);
        if (old_min_isr == new_min_isr) return;
        const metadata::TopicPtr topic = counted_.FindTopicByName(name);
        if (topic == nullptr) return;
        for (int32_t i = 0; i < topic->partition_count(); ++i) {
          const metadata::PartitionView partition = topic->partition(i);
          CountMinIsr(partition, old_min_isr, -1);
          CountMinIsr(partition, new_min_isr, 1);
        }
      });
}

PartitionTally::Load PartitionTally::LoadOf(BrokerId broker) const {
  const auto it = loads_.find(broker);
  return it == loads_.end() ? Load{} : it->second;
}

void PartitionTally::ChangeDefaultMinIsr(size_t min_isr) {
  if (min_isr == default_min_isr_) return;
  for (const auto& [sizes, partitions] : led_with_default_) {
    const auto count = [&, isr = sizes.first, replicas = sizes.second](size_t needed,
                                                                       int64_t times) {
      if (isr < std::min(needed, replicas)) counts_.under_min_isr += times;
      if (isr == std::min(needed, replicas)) counts_.at_min_isr += times;
    };
    count(default_min_isr_, -partitions);
    count(min_isr, partitions);
  }
  default_min_isr_ = min_isr;
}

void PartitionTally::Count(const metadata::PartitionView& partition,
                           std::optional<size_t> own_min_isr, int64_t times) {
  for (size_t i = 0; i < partition.replica_count(); ++i) {
    Load& load = loads_[partition.replica(i)];
    load.replicas += times;
    if ((partition.isr_mask() >> i & 1) != 0) load.in_sync += times;
  }
  if (const auto leader = partition.leader()) loads_[*leader].leaders += times;
  if (IsOffline(partition)) counts_.offline += times;
  if (IsUnderReplicated(partition)) counts_.under_replicated += times;
  if (partition.leader_position() != size_t{0}) counts_.not_led_by_preferred += times;
  const bool is_first_in_sync = (partition.isr_mask() & 1) != 0;
  if (is_first_in_sync && partition.leader_position().value_or(0) != 0) {
    loads_[partition.replica(0)].led_by_others += times;
  }
  CountMinIsr(partition, own_min_isr, times);
}

void PartitionTally::CountChange(const metadata::PartitionView& before,
                                 const metadata::PartitionView& now) {
  if (now.isr_count() < before.isr_count()) ++changes_.isr_shrinks;
  if (now.isr_count() > before.isr_count()) ++changes_.isr_expands;
  const auto leader = now.leader();
  if (leader == before.leader()) return;
  if (!leader) {
    ++changes_.leaders_lost;
    return;
  }
  const auto position = before.PositionOf(*leader);
  const uint32_t eligible = before.isr_mask() | before.elr_mask();
  const bool is_clean = position && (eligible >> *position & 1) != 0;
  ++(is_clean ? changes_.elections : changes_.unclean_elections);
}

void PartitionTally::CountMinIsr(const metadata::PartitionView& partition,
                                 std::optional<size_t> own_min_isr, int64_t times) {
  const size_t min_isr = own_min_isr.value_or(default_min_isr_);
  if (IsUnderMinIsr(partition, min_isr)) counts_.under_min_isr += times;
  if (IsAtMinIsr(partition, min_isr)) counts_.at_min_isr += times;
  if (own_min_isr || IsOffline(partition)) return;
  led_with_default_[{partition.isr_count(), partition.replica_count()}] += times;
}

}  // namespace quorate::controller
