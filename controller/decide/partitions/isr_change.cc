#include "controller/decide/partitions/isr_change.h"

namespace quorate::controller {

metadata::PartitionChange ChangeIsr(const metadata::PartitionView& partition, uint32_t isr_mask,
                                    std::optional<size_t> leader_position) {
  metadata::PartitionChange change{
      .partition = partition.index(), .isr_mask = isr_mask, .leader_position = leader_position};
  const metadata::PartitionExtras& now = partition.extras();
  if (now.empty()) return change;
  metadata::PartitionExtras extras = now;
  extras.elr_mask &= ~isr_mask;
  const bool has_several_members = (isr_mask & (isr_mask - 1)) != 0;
  if (has_several_members) extras.recovering = false;
  if (!(extras == now)) change.extras = extras;
  return change;
}

}  // namespace quorate::controller
