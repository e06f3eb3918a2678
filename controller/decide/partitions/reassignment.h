// Gives partitions other replicas (KIP-455).
//
// While a reassignment is in progress, the replicas of a partition are those of the target, in
// their order, followed by those that leave. The extras say which replicas are added and removed.
// The reassignment completes with the first change after which each replica of the target is in the
// ISR. That change removes the others and, if the leader is one of them, elects another one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"
#include "controller/decide/leaders/leader_election.h"
#include "metadata/metadata_image.h"
#include "metadata/record_builders.h"

namespace quorate::controller {

inline bool IsReassigning(const metadata::PartitionView& partition) {
  return (partition.adding_mask() | partition.removing_mask()) != 0;
}

// Returns the number of replicas that the partition has once its reassignment, if there is one, is
// complete.
size_t TargetReplicaCount(const metadata::PartitionView& partition);

// Returns the replicas while the partition is reassigned to `target`: those of the target, then
// those that leave at the end, in their present order. The replicas that a reassignment in progress
// adds, and that are neither possible leaders (in the ISR, eligible or the last known leader) nor
// in the new target, leave at once.
std::vector<BrokerId> MergedReplicas(const metadata::PartitionView& partition,
                                     std::span<const BrokerId> target);

// Returns the change that begins the reassignment to `target`, in place of one that is in progress.
// If all of the target is in the ISR, the reassignment is complete at once. A partition without a
// leader gets one if an ISR member is active. If none is and `allow_unclean`, the first active
// replica that is added leads, although it has no records. The change may change nothing
// (IsChange). REQUIRES: `target` has no duplicates and is not empty, and there are at most
// kMaxReplicas MergedReplicas.
metadata::PartitionChange Reassign(const metadata::PartitionView& partition,
                                   std::span<const BrokerId> target, const ActiveBrokers& active,
                                   bool allow_unclean);

// Returns the change that cancels the reassignment: the added replicas leave, and the removed ones
// stay, in the places of the added ones. If only added replicas are in the ISR, the first active
// replica of the others leads and is the only ISR member: an eligible one (KIP-966), or else any of
// them. That one may lack records, so the result is then nullopt unless `allow_unclean`, and also
// if none of the others is active. An empty ISR stays empty if one of the others is an inactive
// eligible replica, or the last known leader of a partition without eligible replicas.
// REQUIRES: IsReassigning.
std::optional<metadata::PartitionChange> CancelReassignment(
    const metadata::PartitionView& partition, uint32_t active_mask, bool allow_unclean);

// Returns `change` with which the reassignment also completes, if it does with this change;
// otherwise returns `change`. The ISR members of `change` must be active if it has a leader.
metadata::PartitionChange CompleteReassignment(const metadata::PartitionView& partition,
                                               metadata::PartitionChange change);

}  // namespace quorate::controller
