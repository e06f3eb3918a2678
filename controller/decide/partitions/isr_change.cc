#include "controller/decide/partitions/isr_change.h"

#include <utility>

#include "controller/decide/partitions/reassignment.h"

namespace quorate::controller {
namespace {

using metadata::PartitionChange;
using metadata::PartitionExtras;
using metadata::PartitionView;

PartitionChange ChangeState(const PartitionView& partition, uint32_t isr_mask,
                            std::optional<size_t> leader_position, const PartitionExtras& extras) {
  PartitionChange change{
      .partition = partition.index(), .isr_mask = isr_mask, .leader_position = leader_position};
  if (!(extras == partition.extras())) change.extras = extras;
  return CompleteReassignment(partition, std::move(change));
}

}  // namespace

PartitionChange ChangeIsr(const PartitionView& partition, uint32_t isr_mask,
                          std::optional<size_t> leader_position, const ElrPolicy& elr,
                          uint32_t lost_mask) {
  PartitionExtras extras = NextExtras(
      partition, {.isr_mask = isr_mask, .leader_position = leader_position, .lost_mask = lost_mask},
      elr);
  const bool has_several_members = (isr_mask & (isr_mask - 1)) != 0;
  if (has_several_members) extras.recovering = false;
  return ChangeState(partition, isr_mask, leader_position, extras);
}

void MarkUnclean(bool marks, PartitionExtras* extras) {
  extras->elr_mask = 0;
  extras->last_known_leader_position.reset();
  extras->recovering = marks;
}

PartitionChange LeadUncleanly(const PartitionView& partition, size_t leader, bool marks) {
  PartitionExtras extras = partition.extras();
  MarkUnclean(marks, &extras);
  return ChangeState(partition, 1u << leader, leader, extras);
}

}  // namespace quorate::controller
