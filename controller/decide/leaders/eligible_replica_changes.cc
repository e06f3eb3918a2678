#include "controller/decide/leaders/eligible_replica_changes.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "controller/decide/configs/effective_config.h"
#include "controller/decide/partitions/isr_change.h"
#include "controller/decide/partitions/partition_change.h"
#include "controller/decide/partitions/partition_conditions.h"
#include "metadata/image_state.h"

namespace quorate::controller {
namespace {

using metadata::PartitionChange;
using metadata::PartitionExtras;
using metadata::PartitionView;

std::optional<PartitionChange> ReviewOf(const PartitionView& partition, size_t min_isr) {
  if (partition.elr_mask() == 0) return std::nullopt;
  PartitionChange change = ChangeIsr(partition, partition.isr_mask(), partition.leader_position(),
                                     {.in_use = true, .min_isr = min_isr});
  if (!IsChange(partition, change)) return std::nullopt;
  return change;
}

std::optional<PartitionChange> EndOf(const PartitionView& partition) {
  PartitionExtras extras = partition.extras();
  const std::optional<uint8_t> last_leader = extras.last_known_leader_position;
  if (extras.elr_mask == 0 && !last_leader) return std::nullopt;
  uint32_t isr_mask = partition.isr_mask();
  if (isr_mask == 0) isr_mask = extras.elr_mask;
  if (isr_mask == 0) isr_mask = 1u << *last_leader;
  extras.elr_mask = 0;
  extras.last_known_leader_position.reset();
  const bool has_several_members = (isr_mask & (isr_mask - 1)) != 0;
  if (has_several_members) extras.recovering = false;
  return PartitionChange{.partition = partition.index(),
                         .isr_mask = isr_mask,
                         .leader_position = partition.leader_position(),
                         .extras = extras};
}

}  // namespace

SettlementCounts ReviewEligibleReplicas(const metadata::TopicImage& topic, size_t min_isr,
                                        metadata::v1::RecordBatch* batch) {
  SettlementCounts counts;
  std::vector<PartitionChange> changes;
  for (int32_t i = 0; i < topic.partition_count(); ++i) {
    auto change = ReviewOf(topic.partition(i), min_isr);
    if (!change) continue;
    CountChange(topic.partition(i), *change, &counts);
    changes.push_back(*std::move(change));
  }
  AddPartitionChanges(topic, std::move(changes), batch);
  return counts;
}

SettlementCounts ReviewEligibleReplicasByDefault(const metadata::MetadataImage& image,
                                                 size_t min_isr, const SettlementPart& part,
                                                 metadata::v1::RecordBatch* batch) {
  return ChangePartitions(
      image, part,
      [&](const metadata::TopicImage& topic,
          const PartitionView& partition) -> std::optional<PartitionChange> {
        auto change = ReviewOf(partition, min_isr);
        if (!change || OwnMinIsrOf(OwnConfigsOf(image, topic))) return std::nullopt;
        return change;
      },
      batch);
}

SettlementCounts EndEligibleReplicas(const metadata::MetadataImage& image,
                                     const SettlementPart& part, metadata::v1::RecordBatch* batch) {
  return ChangePartitions(
      image, part,
      [](const metadata::TopicImage& /*topic*/, const PartitionView& partition) {
        return EndOf(partition);
      },
      batch);
}

}  // namespace quorate::controller
