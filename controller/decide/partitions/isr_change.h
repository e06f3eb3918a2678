// Makes the changes of ISRs and leaders that several decisions make.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "controller/decide/partitions/eligible_replicas.h"
#include "metadata/metadata_image.h"
#include "metadata/partition_extras.h"
#include "metadata/record_builders.h"

namespace quorate::controller {

// Returns the change that gives the partition this ISR and leader, and the extras that follow from
// them: the eligible leader replicas and the last known leader (NextExtras), and a leader with
// another member of the ISR has recovered (KIP-704). A reassignment whose whole target is now in
// the ISR completes with this change (reassignment.h), and another replica may then lead.
// `lost_mask` has the replicas that may have lost records. REQUIRES: if there is a leader, the
// members of the ISR are active.
metadata::PartitionChange ChangeIsr(const metadata::PartitionView& partition, uint32_t isr_mask,
                                    std::optional<size_t> leader_position, const ElrPolicy& elr,
                                    uint32_t lost_mask = 0);

// Makes the extras those of a partition that gets a leader uncleanly: no replica is eligible any
// more, because they may have other records, and there is no last known leader. `marks` says
// whether the leader is marked as recovering.
void MarkUnclean(bool marks, metadata::PartitionExtras* extras);

// Returns the change that makes the replica at `leader` the leader and the only member of the ISR,
// although it may lack records (MarkUnclean).
metadata::PartitionChange LeadUncleanly(const metadata::PartitionView& partition, size_t leader,
                                        bool marks);

}  // namespace quorate::controller
