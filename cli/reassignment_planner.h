// Plans which replicas move to other brokers so that the brokers share the load evenly. A pure
// function of the layout: the same input gives the same plan.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace quorate::cli {

// Where the replicas are.
struct ClusterLayout {
  struct Broker {
    int32_t id = 0;
    // Brokers without a rack form one rack, "".
    std::string rack;
    // Whether it can catch up with new replicas: it is neither fenced nor shutting down.
    bool active = true;
  };
  struct Partition {
    // The index of its topic in `topics`.
    size_t topic = 0;
    int32_t index = 0;
    // In order of preference, at most 32.
    std::vector<int32_t> replicas;
  };

  // The registered brokers, by id.
  std::vector<Broker> brokers;
  std::vector<std::string> topics;
  // By topic, then by index.
  std::vector<Partition> partitions;
};

struct PlanOptions {
  // Only partitions of these topics change. Empty: of all topics. The others still count.
  std::set<std::string> topics = {};
  // These brokers lose all replicas of those topics.
  std::set<int32_t> excluded = {};
  // Only these brokers get replicas and preferred leaderships. Empty: all of them may.
  std::set<int32_t> receivers = {};
};

struct ReassignmentPlan {
  struct Change {
    // The index in ClusterLayout::partitions.
    size_t partition = 0;
    // All replicas after the change, in order of preference.
    std::vector<int32_t> replicas;
  };
  // By partition.
  std::vector<Change> changes;
  // How many replicas move to another broker.
  int64_t moved_replicas = 0;
  // How many partitions keep their brokers and get another preferred leader. Nothing is copied.
  int64_t reordered = 0;
};

// Plans as follows:
//
// - No excluded broker keeps a replica of a topic that may change.
// - The brokers have equal numbers of replicas, within one, as far as possible. Replicas move from
//   brokers that have more than their share to brokers that have less, so few of them move. Where
//   racks or other replicas of a partition forbid that, they move in chains over a third broker.
// - No partition is in fewer racks than before, unless too few racks are left. If each partition is
//   in all racks, the brokers of each rack share what is in it.
// - The brokers are the preferred leaders of equal numbers of partitions, within one, as far as
//   possible. For this, the replicas of a partition get another order, and none moves.
// - The replication factors stay.
//
// Replicas on brokers that are not active or not registered stay where they are unless the broker
// is excluded. A plan for a million partitions takes seconds. INVALID_ARGUMENT if a partition has
// more replicas than brokers are left, if a topic or an excluded broker does not exist, or if a
// receiver cannot get replicas.
absl::StatusOr<ReassignmentPlan> PlanReassignment(const ClusterLayout& layout,
                                                  const PlanOptions& options);

}  // namespace quorate::cli
