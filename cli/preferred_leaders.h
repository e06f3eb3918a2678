// Spreads preferred leaderships over brokers by reordering the replicas of partitions. Used by the
// planner of reassignments.
#pragma once

#include <cstdint>
#include <vector>

namespace quorate::cli {

struct PreferredLeaderRules {
  // The brokers that share the leaderships.
  std::vector<int32_t> members;
  // For each member: whether it may become the preferred leader of further partitions.
  std::vector<bool> may_gain = {};
};

// Reorders `replicas` so that the members are the first replica of equal numbers of partitions,
// within one, as far as their replicas allow it. Only partitions that are `movable` change, and
// only their first replica: the others keep their order. Partitions whose first replica is not a
// member stay as they are. REQUIRES: `movable` and `replicas` have one element for each partition.
void EvenPreferredLeaders(const std::vector<bool>& movable, const PreferredLeaderRules& rules,
                          std::vector<std::vector<int32_t>>* replicas);

}  // namespace quorate::cli
