#include "controller/decide/partitions/reassignment.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/uuid.h"
#include "controller/decide/partitions/isr_change.h"

namespace quorate::controller {
namespace {

using metadata::PartitionChange;
using metadata::PartitionExtras;
using metadata::PartitionView;

// Returns the replicas from which a leader may be chosen: the ISR, the eligible leader replicas and
// the last known leader (KIP-966).
uint32_t PossibleLeaders(const PartitionView& partition) {
  const auto last_leader = partition.extras().last_known_leader_position;
  return partition.isr_mask() | partition.elr_mask() | (last_leader ? 1u << *last_leader : 0);
}

uint32_t AllOf(const PartitionView& partition) {
  return static_cast<uint32_t>((uint64_t{1} << partition.replica_count()) - 1);
}

bool Contains(std::span<const BrokerId> brokers, BrokerId broker) {
  return std::find(brokers.begin(), brokers.end(), broker) != brokers.end();
}

// Maps the positions of a partition's replicas to their positions in another list. Replicas that
// are not in that list are left out.
class PositionMap {
 public:
  PositionMap(const PartitionView& partition, std::span<const BrokerId> replicas) {
    for (size_t i = 0; i < partition.replica_count(); ++i) {
      const auto it = std::find(replicas.begin(), replicas.end(), partition.replica(i));
      to_.push_back(it == replicas.end() ? std::nullopt
                                         : std::optional<size_t>(it - replicas.begin()));
    }
  }

  std::optional<size_t> Position(std::optional<size_t> from) const {
    return from ? to_[*from] : std::nullopt;
  }

  uint32_t Mask(uint32_t from) const {
    uint32_t mask = 0;
    for (size_t i = 0; i < to_.size(); ++i) {
      if ((from >> i & 1) != 0 && to_[i]) mask |= 1u << *to_[i];
    }
    return mask;
  }

  bool LeavesOut(size_t from) const { return !to_[from]; }

 private:
  std::vector<std::optional<size_t>> to_;
};

// The state that a partition gets with another list of replicas. All positions and masks are those
// of its present list.
struct NextState {
  uint32_t isr_mask = 0;
  // Leads on if it stays in the list.
  std::optional<size_t> leader_position;
  // Who may lead otherwise, if in the ISR.
  uint32_t may_lead_mask = 0;
  PartitionExtras extras;
  // The replicas that a reassignment adds are not in the present list.
  uint32_t removing_mask = 0;
};

// Returns the directories of the partition's replicas in the new list, or an empty vector if none
// of them has one.
std::vector<Uuid> DirectoriesOf(const PartitionView& partition,
                                const std::vector<BrokerId>& replicas) {
  std::vector<Uuid> directories;
  if (!partition.has_directories()) return directories;
  bool any = false;
  for (const BrokerId replica : replicas) {
    const auto position = partition.PositionOf(replica);
    const auto directory = position ? partition.directory(*position) : std::nullopt;
    directories.push_back(directory.value_or(Uuid()));
    any |= directory.has_value();
  }
  if (!any) directories.clear();
  return directories;
}

// Returns the change that gives the partition the list `replicas` and the state `next`.
// `adding_mask` is about the new list.
PartitionChange WithReplicas(const PartitionView& partition, std::vector<BrokerId> replicas,
                             const NextState& next, uint32_t adding_mask) {
  const PositionMap map(partition, replicas);
  PartitionChange change{.partition = partition.index(),
                         .isr_mask = map.Mask(next.isr_mask),
                         .leader_position = map.Position(next.leader_position)};
  if (!change.leader_position) {
    const uint32_t candidates = change.isr_mask & map.Mask(next.may_lead_mask);
    if (candidates != 0) change.leader_position = static_cast<size_t>(__builtin_ctz(candidates));
  }
  PartitionExtras extras = next.extras;
  extras.adding_mask = adding_mask;
  extras.removing_mask = map.Mask(next.removing_mask);
  extras.elr_mask = map.Mask(next.extras.elr_mask);
  extras.last_known_leader_position.reset();
  if (const auto last = map.Position(next.extras.last_known_leader_position)) {
    extras.last_known_leader_position = static_cast<uint8_t>(*last);
  }

  bool leaves = false;
  for (size_t i = 0; i < partition.replica_count(); ++i) leaves |= map.LeavesOut(i);
  const auto leader = change.leader_position
                          ? std::optional<BrokerId>(replicas[*change.leader_position])
                          : std::nullopt;
  // A replica that has left must not go on with what the old epoch allowed.
  change.bumps_leader_epoch = leaves && leader == partition.leader();
  if (replicas == partition.ReplicasIn(~0U)) {
    if (!(extras == partition.extras())) change.extras = extras;
    return change;
  }
  if (!extras.empty()) change.extras = extras;
  change.directories = DirectoriesOf(partition, replicas);
  change.replicas = std::move(replicas);
  return change;
}

// Makes the replica at `leader` in the new list the leader and the only member of the ISR, although
// it may lack records. If it is the whole target, the reassignment is complete.
void LeadUncleanly(std::span<const BrokerId> target, size_t leader, PartitionChange* change) {
  PartitionExtras extras = change->extras.value_or(PartitionExtras());
  MarkUnclean(/*marks=*/true, &extras);
  if (target.size() == 1 && target[0] == change->replicas[leader]) {
    extras = {.recovering = true};
    change->replicas = {target[0]};
    change->directories.clear();
    leader = 0;
  }
  change->extras = extras;
  change->isr_mask = 1u << leader;
  change->leader_position = leader;
  change->bumps_leader_epoch = false;  // it grows with the leader
}

// Returns the replicas that are not added. Those that are removed take the places of those that are
// added. If the target has replaced brokers and left the others in their places, that is the
// original order.
std::vector<BrokerId> OriginalReplicas(const PartitionView& partition) {
  const std::vector<BrokerId> removed = partition.ReplicasIn(partition.removing_mask());
  auto next = removed.begin();
  std::vector<BrokerId> replicas;
  for (size_t i = 0; i < partition.replica_count(); ++i) {
    if ((partition.removing_mask() >> i & 1) != 0) continue;
    if ((partition.adding_mask() >> i & 1) == 0) {
      replicas.push_back(partition.replica(i));
    } else if (next != removed.end()) {
      replicas.push_back(*next++);
    }
  }
  replicas.insert(replicas.end(), next, removed.end());
  return replicas;
}

// Returns whether a partition with an empty ISR loses no possible leader if it keeps only the
// replicas `kept`.
bool StaysWithoutLeader(const PartitionView& partition, uint32_t kept) {
  if (partition.isr_mask() != 0) return false;
  const uint32_t needed =
      partition.elr_mask() != 0 ? partition.elr_mask() : PossibleLeaders(partition);
  return (needed & kept) != 0;
}

}  // namespace

size_t TargetReplicaCount(const PartitionView& partition) {
  return partition.replica_count() -
         static_cast<size_t>(__builtin_popcount(partition.removing_mask()));
}

std::vector<BrokerId> MergedReplicas(const PartitionView& partition,
                                     std::span<const BrokerId> target) {
  std::vector<BrokerId> replicas(target.begin(), target.end());
  for (size_t i = 0; i < partition.replica_count(); ++i) {
    // What an earlier reassignment was going to add, and has not.
    const bool is_missing = (partition.adding_mask() & ~PossibleLeaders(partition) & 1u << i) != 0;
    if (is_missing || Contains(target, partition.replica(i))) continue;
    replicas.push_back(partition.replica(i));
  }
  return replicas;
}

PartitionChange Reassign(const PartitionView& partition, std::span<const BrokerId> target,
                         const ActiveBrokers& active, bool allow_unclean) {
  uint32_t removing_mask = 0;
  for (size_t i = 0; i < partition.replica_count(); ++i) {
    if (!Contains(target, partition.replica(i))) removing_mask |= 1u << i;
  }
  // What an earlier reassignment has added is still being added, so that the partition has its
  // original replicas again if this one is cancelled.
  uint32_t adding_mask = 0;
  for (size_t i = 0; i < target.size(); ++i) {
    const auto position = partition.PositionOf(target[i]);
    const bool is_original = position && (partition.adding_mask() >> *position & 1) == 0;
    if (!is_original) adding_mask |= 1u << i;
  }
  NextState next{.isr_mask = partition.isr_mask(),
                 .leader_position = partition.leader_position(),
                 .may_lead_mask = active.MaskOf(partition),
                 .extras = partition.extras(),
                 .removing_mask = removing_mask};
  const PositionMap to_target(partition, target);
  const uint32_t whole_target = static_cast<uint32_t>((uint64_t{1} << target.size()) - 1);
  if (to_target.Mask(partition.isr_mask()) == whole_target) {
    return WithReplicas(partition, {target.begin(), target.end()}, next, /*adding_mask=*/0);
  }
  PartitionChange change =
      WithReplicas(partition, MergedReplicas(partition, target), next, adding_mask);
  // None of the present replicas is active, or it would lead already.
  const uint32_t candidates =
      change.extras ? active.MaskOf(change.replicas) & change.extras->adding_mask : 0;
  if (allow_unclean && !change.leader_position && candidates != 0) {
    LeadUncleanly(target, static_cast<size_t>(__builtin_ctz(candidates)), &change);
  }
  return change;
}

std::optional<PartitionChange> CancelReassignment(const PartitionView& partition,
                                                  uint32_t active_mask, bool allow_unclean) {
  const uint32_t original = AllOf(partition) & ~partition.adding_mask();
  if (original == 0) return std::nullopt;
  NextState next{.isr_mask = partition.isr_mask() & original,
                 .leader_position = partition.leader_position(),
                 .may_lead_mask = active_mask,
                 .extras = partition.extras()};
  const uint32_t eligible = partition.elr_mask() & original;
  if (next.isr_mask == 0 && (eligible & active_mask) != 0) {
    next.leader_position = static_cast<size_t>(__builtin_ctz(eligible & active_mask));
    next.isr_mask = 1u << *next.leader_position;
    next.extras.elr_mask &= ~next.isr_mask;
    next.extras.last_known_leader_position.reset();
  } else if (next.isr_mask == 0 && !StaysWithoutLeader(partition, original)) {
    if (!allow_unclean || (original & active_mask) == 0) return std::nullopt;
    const int leader = __builtin_ctz(original & active_mask);
    next.isr_mask = 1u << leader;
    next.leader_position = static_cast<size_t>(leader);
    MarkUnclean(/*marks=*/true, &next.extras);
  }
  return WithReplicas(partition, OriginalReplicas(partition), next, /*adding_mask=*/0);
}

PartitionChange CompleteReassignment(const PartitionView& partition, PartitionChange change) {
  if (!IsReassigning(partition)) return change;
  const uint32_t target = AllOf(partition) & ~partition.removing_mask();
  if (target == 0 || (target & ~change.isr_mask) != 0) return change;
  return WithReplicas(partition, partition.ReplicasIn(target),
                      {.isr_mask = change.isr_mask,
                       .leader_position = change.leader_position,
                       .may_lead_mask = change.leader_position ? change.isr_mask : 0,
                       .extras = change.extras.value_or(partition.extras())},
                      /*adding_mask=*/0);
}

}  // namespace quorate::controller
