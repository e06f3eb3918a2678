#include "controller/decide/partitions/eligible_replicas.h"

#include <algorithm>

#include "controller/decide/configs/effective_config.h"
#include "controller/decide/partitions/partition_conditions.h"
#include "metadata/image_state.h"

namespace quorate::controller {

using metadata::PartitionExtras;
using metadata::PartitionView;

ElrPolicies::ElrPolicies(const metadata::MetadataImage& image)
    : image_(image),
      policy_{.in_use = image.Get<metadata::FeaturesImage>().has_eligible_leader_replicas()} {}

const ElrPolicy& ElrPolicies::Of(const metadata::TopicImage& topic) {
  if (!policy_.in_use || topic_id_ == topic.id()) return policy_;
  topic_id_ = topic.id();
  policy_.min_isr = MinIsrOf(image_.Get<metadata::ConfigsImage>(), OwnConfigsOf(image_, topic));
  return policy_;
}

PartitionExtras NextExtras(const PartitionView& partition, const NextIsr& next,
                           const ElrPolicy& policy) {
  PartitionExtras extras = partition.extras();
  if (!policy.in_use) {
    extras.elr_mask &= ~next.isr_mask;
    return extras;
  }
  const uint32_t had_all = partition.isr_mask() | partition.elr_mask();
  const uint32_t have_all = had_all & ~next.isr_mask & ~next.lost_mask;
  const auto isr_count = static_cast<size_t>(__builtin_popcount(next.isr_mask));
  const bool is_enough = isr_count >= std::min(policy.min_isr, partition.replica_count());
  extras.elr_mask = is_enough ? 0 : have_all;

  std::optional<uint8_t>& last_leader = extras.last_known_leader_position;
  if (next.leader_position) {
    last_leader.reset();
  } else if (next.isr_mask == 0) {
    if (const auto leader = partition.leader_position()) {
      last_leader = static_cast<uint8_t>(*leader);
    } else if (have_all == 0 && !last_leader && had_all != 0) {
      last_leader = static_cast<uint8_t>(__builtin_ctz(had_all));
    }
  }
  return extras;
}

}  // namespace quorate::controller
