#include "cli/reassignment_planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "cli/even_shares.h"
#include "cli/preferred_leaders.h"

namespace quorate::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

using Replicas = std::vector<int32_t>;

TEST(EvenSharesTest, TheRestGoesToThoseThatHaveMost) {
  EXPECT_THAT(EvenShares({0, 0, 0}, {1, 5, 2}, 8), ElementsAre(2, 3, 3));
  EXPECT_THAT(EvenShares({0, 0, 0}, {3, 3, 3}, 9), ElementsAre(3, 3, 3));
  EXPECT_THAT(EvenShares({0, 0}, {0, 0}, 0), ElementsAre(0, 0));
}

TEST(EvenSharesTest, WhatABrokerCannotGiveAwayIsNotSharedByTheOthers) {
  EXPECT_THAT(EvenShares({7, 0, 0}, {7, 1, 2}, 10), ElementsAre(7, 1, 2));
  EXPECT_THAT(EvenShares({7, 3, 0}, {7, 3, 0}, 10), ElementsAre(7, 3, 0));
  EXPECT_THAT(EvenShares({4, 0}, {4, 4}, 8), ElementsAre(4, 4));
}

TEST(EvenSharesTest, ARackKeepsWhatItCannotGiveAway) {
  // Brokers 0 and 1 are in one rack, which cannot give away 9 of 12.
  EXPECT_THAT(EvenSharesInRacks({{{0, 1}, 9}, {{2, 3}, 2}}, {0, 0, 0, 0}, {9, 1, 0, 2}, 12),
              ElementsAre(5, 4, 1, 2));
  EXPECT_THAT(EvenSharesInRacks({{{0, 1}, 6}, {{2, 3}, 6}}, {0, 0, 0, 0}, {9, 1, 0, 2}, 12),
              ElementsAre(3, 3, 3, 3));
  // What is left over goes to the rack that cannot give it away.
  EXPECT_THAT(EvenSharesInRacks({{{0, 1}, 5}, {{2, 3}, 4}}, {0, 0, 0, 0}, {0, 0, 9, 9}, 9),
              ElementsAre(3, 2, 2, 2));
}

ClusterLayout Layout(const std::vector<std::string>& racks,
                     const std::vector<std::vector<Replicas>>& topics) {
  ClusterLayout layout;
  for (size_t i = 0; i < racks.size(); ++i) {
    layout.brokers.push_back({.id = static_cast<int32_t>(i) + 1, .rack = racks[i]});
  }
  for (size_t t = 0; t < topics.size(); ++t) {
    layout.topics.push_back("t" + std::to_string(t));
    for (size_t p = 0; p < topics[t].size(); ++p) {
      layout.partitions.push_back(
          {.topic = t, .index = static_cast<int32_t>(p), .replicas = topics[t][p]});
    }
  }
  return layout;
}
ClusterLayout Layout(size_t brokers, const std::vector<Replicas>& partitions) {
  return Layout(std::vector<std::string>(brokers), {partitions});
}

ReassignmentPlan Plan(const ClusterLayout& layout, const PlanOptions& options = {}) {
  const auto plan = PlanReassignment(layout, options);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.value_or(ReassignmentPlan());
}

std::string ErrorOf(const ClusterLayout& layout, const PlanOptions& options) {
  const auto plan = PlanReassignment(layout, options);
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(plan.status().message());
}

// Returns the layout after the plan.
ClusterLayout After(ClusterLayout layout, const ReassignmentPlan& plan) {
  for (const auto& change : plan.changes) {
    layout.partitions[change.partition].replicas = change.replicas;
  }
  return layout;
}

std::map<int32_t, int> ReplicaCounts(const ClusterLayout& layout) {
  std::map<int32_t, int> counts;
  for (const auto& broker : layout.brokers) counts[broker.id] = 0;
  for (const auto& partition : layout.partitions) {
    for (const int32_t id : partition.replicas) ++counts[id];
  }
  return counts;
}
std::map<int32_t, int> LeaderCounts(const ClusterLayout& layout) {
  std::map<int32_t, int> counts;
  for (const auto& broker : layout.brokers) counts[broker.id] = 0;
  for (const auto& partition : layout.partitions) ++counts[partition.replicas[0]];
  return counts;
}
// Returns the difference between the most and the fewest, of brokers that are not in `without`.
int Spread(std::map<int32_t, int> counts, const std::set<int32_t>& without = {}) {
  for (const int32_t id : without) counts.erase(id);
  const auto [least, most] =
      std::minmax_element(counts.begin(), counts.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; });
  return most->second - least->second;
}
size_t RackCount(const ClusterLayout& layout, const Replicas& replicas) {
  std::set<std::string> racks;
  for (const int32_t id : replicas) {
    for (const auto& broker : layout.brokers) {
      if (broker.id == id) racks.insert(broker.rack);
    }
  }
  return racks.size();
}

TEST(PlannerTest, ABalancedClusterStaysAsItIs) {
  const ClusterLayout layout =
      Layout(3, {{1, 2}, {2, 3}, {3, 1}, {1, 2}, {2, 3}});  // 3, 4 and 3 replicas
  EXPECT_THAT(Plan(layout).changes, IsEmpty());
}

TEST(PlannerTest, ANewBrokerGetsItsShareAndNothingElseMoves) {
  const ClusterLayout layout = Layout(4, {{1, 2}, {2, 3}, {3, 1}, {1, 2}, {2, 3}, {3, 1}});
  const ReassignmentPlan plan = Plan(layout);
  EXPECT_EQ(plan.moved_replicas, 3);
  const ClusterLayout after = After(layout, plan);
  EXPECT_EQ(Spread(ReplicaCounts(after)), 0);
  EXPECT_LE(Spread(LeaderCounts(after)), 1);
}

TEST(PlannerTest, AnExcludedBrokerIsEmptied) {
  const ClusterLayout layout = Layout(4, {{1, 2}, {2, 3}, {3, 4}, {4, 1}});
  const ReassignmentPlan plan = Plan(layout, {.excluded = {4}});
  EXPECT_EQ(plan.moved_replicas, 2);
  const auto counts = ReplicaCounts(After(layout, plan));
  EXPECT_EQ(counts.at(4), 0);
  EXPECT_LE(Spread(counts, {4}), 1);
}

TEST(PlannerTest, ABrokerThatIsNotRegisteredIsEmptiedIfItIsExcluded) {
  const ClusterLayout layout = Layout(3, {{1, 9}, {9, 2}});
  EXPECT_THAT(Plan(layout).changes, IsEmpty()) << "its replicas stay";
  const ClusterLayout after = After(layout, Plan(layout, {.excluded = {9}}));
  EXPECT_EQ(ReplicaCounts(after).count(9), 0u);
}

TEST(PlannerTest, AnInactiveBrokerKeepsItsReplicasAndGetsNone) {
  ClusterLayout layout = Layout(4, {{1, 2}, {1, 2}, {1, 4}, {1, 4}});
  layout.brokers[3].active = false;
  const auto counts = ReplicaCounts(After(layout, Plan(layout)));
  EXPECT_THAT(counts, ElementsAre(Pair(1, 2), Pair(2, 2), Pair(3, 2), Pair(4, 2)));
}

TEST(PlannerTest, OnlyTheGivenTopicsChange) {
  const ClusterLayout layout = Layout({"", "", ""}, {{{1}, {1}, {1}, {1}}, {{1}, {2}, {1}, {2}}});
  const ReassignmentPlan plan = Plan(layout, {.topics = {"t1"}});
  for (const auto& change : plan.changes) EXPECT_GE(change.partition, 4u);
  // The replicas of t0 stay on broker 1 and count.
  EXPECT_THAT(ReplicaCounts(After(layout, plan)), ElementsAre(Pair(1, 4), Pair(2, 2), Pair(3, 2)));
}

TEST(PlannerTest, OnlyReceiversGetReplicas) {
  const ClusterLayout layout =
      Layout(4, {{1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 3}, {1, 3}});  // 6, 4, 2 and 0 replicas
  const ReassignmentPlan plan = Plan(layout, {.receivers = {4}});
  EXPECT_EQ(plan.moved_replicas, 3);
  const auto counts = ReplicaCounts(After(layout, plan));
  EXPECT_EQ(counts.at(3), 2) << "broker 3 has too few, but gets none";
  EXPECT_EQ(counts.at(4), 3);
}

TEST(PlannerTest, ThePreferredLeadersAreSpreadWithoutMovingReplicas) {
  const ClusterLayout layout = Layout(3, {{1, 2, 3}, {1, 2, 3}, {1, 2, 3}, {1, 2, 3}, {1, 2, 3}});
  const ReassignmentPlan plan = Plan(layout);
  EXPECT_EQ(plan.moved_replicas, 0);
  EXPECT_EQ(plan.reordered, 3);
  EXPECT_EQ(Spread(LeaderCounts(After(layout, plan))), 1);
}

// Broker 1 leads too much, and only broker 2 can take it, which has its share. Broker 3 gets one
// from broker 2.
TEST(PlannerTest, LeadershipsMoveAlongAPath) {
  std::vector<Replicas> replicas = {{1, 2}, {1, 2}, {1, 2}, {2, 3}, {2, 3}, {3, 2}};
  EvenPreferredLeaders(std::vector<bool>(6, true),
                       {.members = {1, 2, 3}, .may_gain = {true, true, true}}, &replicas);
  std::map<int32_t, int> leads;
  for (const Replicas& of_partition : replicas) ++leads[of_partition[0]];
  EXPECT_THAT(leads, ElementsAre(Pair(1, 2), Pair(2, 2), Pair(3, 2)));
}

TEST(PlannerTest, LeadershipsThatMayNotMoveStay) {
  std::vector<Replicas> replicas = {{1, 2}, {1, 2}, {1, 2}, {1, 2}};
  EvenPreferredLeaders({true, false, false, false}, {.members = {1, 2}, .may_gain = {true, true}},
                       &replicas);
  EXPECT_THAT(replicas,
              ElementsAre(Replicas{2, 1}, Replicas{1, 2}, Replicas{1, 2}, Replicas{1, 2}));
  replicas[0] = {1, 2};
  EvenPreferredLeaders(std::vector<bool>(4, true), {.members = {1, 2}, .may_gain = {true, false}},
                       &replicas);
  EXPECT_THAT(replicas, ::testing::Each(Replicas{1, 2}));
}

TEST(PlannerTest, APartitionStaysInAsManyRacks) {
  // Broker 4 is new, in the rack of broker 1.
  const ClusterLayout layout =
      Layout({"a", "b", "c", "a"}, {{{1, 2}, {2, 3}, {3, 1}, {1, 2}, {2, 3}, {3, 1}}});
  const ClusterLayout after = After(layout, Plan(layout));
  EXPECT_EQ(Spread(ReplicaCounts(after)), 0);
  for (const auto& partition : after.partitions) {
    EXPECT_EQ(RackCount(layout, partition.replicas), 2u);
  }
}

// Each partition is in both racks, so a rack with more brokers has fewer replicas on each of them.
TEST(PlannerTest, RacksOfDifferentSizesAreEvenInside) {
  std::vector<Replicas> partitions;
  for (int i = 0; i < 12; ++i) partitions.push_back({1, 2});
  const ClusterLayout layout = Layout({"a", "b", "b", "b"}, {partitions});
  const ReassignmentPlan plan = Plan(layout);
  EXPECT_EQ(plan.moved_replicas, 8);
  EXPECT_THAT(ReplicaCounts(After(layout, plan)),
              ElementsAre(Pair(1, 12), Pair(2, 4), Pair(3, 4), Pair(4, 4)));
}

TEST(PlannerTest, WithTooFewRacksAPartitionIsInFewer) {
  const ClusterLayout layout = Layout({"a", "a", "b"}, {{{1, 3}, {2, 3}}});
  const ClusterLayout after = After(layout, Plan(layout, {.excluded = {3}}));
  for (const auto& partition : after.partitions) {
    EXPECT_THAT(partition.replicas, ::testing::UnorderedElementsAre(1, 2));
  }
}

// Broker 3 needs two replicas. It can get one from broker 2, but none from broker 1, because both
// would be in one rack with broker 2. Broker 4 takes that one, and gives another one to broker 3.
TEST(PlannerTest, ReplicasMoveInChains) {
  const ClusterLayout layout =
      Layout({"a", "b", "b", "c"}, {{{1, 2}, {1, 2}, {1, 2}, {1, 2}, {4}, {4}}});
  const ReassignmentPlan plan = Plan(layout);
  const ClusterLayout after = After(layout, plan);
  EXPECT_EQ(plan.moved_replicas, 3);
  EXPECT_EQ(Spread(ReplicaCounts(after)), 1);
  for (size_t p = 0; p < 4; ++p) EXPECT_EQ(RackCount(layout, after.partitions[p].replicas), 2u);
}

TEST(PlannerTest, WhatCannotBePlannedIsRefused) {
  const ClusterLayout layout = Layout(3, {{1, 2, 3}});
  EXPECT_THAT(ErrorOf(layout, {.excluded = {2}}),
              HasSubstr("partition t0-0 has 3 replicas, but only 2 active brokers are left"));
  EXPECT_THAT(ErrorOf(layout, {.topics = {"none"}}), HasSubstr("there is no topic 'none'"));
  EXPECT_THAT(ErrorOf(layout, {.excluded = {9}}), HasSubstr("broker 9 is not registered"));
  EXPECT_THAT(ErrorOf(layout, {.receivers = {9}}), HasSubstr("broker 9 cannot get replicas"));
  EXPECT_THAT(ErrorOf(layout, {.excluded = {1, 2, 3}}), HasSubstr("no active broker is left"));
}

// Random clusters. In each plan, what the header promises holds.
TEST(PlannerTest, RandomPlansKeepThePromises) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    const size_t brokers = 3 + rng.Below(12);
    const size_t rack_count = 1 + rng.Below(4);
    std::vector<std::string> racks;
    for (size_t i = 0; i < brokers; ++i)
      racks.push_back("r" + std::to_string(rng.Below(rack_count)));
    const size_t factor = 1 + rng.Below(std::min<size_t>(3, brokers - 1));
    // The brokers up to `used` hold everything, and the first of them more than the others.
    const size_t used = factor + rng.Below(brokers - factor + 1);
    std::vector<std::vector<Replicas>> topics(1 + rng.Below(5));
    for (auto& topic : topics) {
      for (size_t p = 0; p < 1 + rng.Below(40); ++p) {
        Replicas replicas;
        while (replicas.size() < factor) {
          const auto id = static_cast<int32_t>(std::min(rng.Below(used), rng.Below(used)) + 1);
          if (std::find(replicas.begin(), replicas.end(), id) == replicas.end()) {
            replicas.push_back(id);
          }
        }
        topic.push_back(replicas);
      }
    }
    const ClusterLayout layout = Layout(racks, topics);
    PlanOptions options;
    if (rng.Below(2) == 0) options.excluded = {static_cast<int32_t>(rng.Below(brokers) + 1)};
    const ReassignmentPlan plan = Plan(layout, options);
    const ClusterLayout after = After(layout, plan);

    std::set<std::string> racks_left;
    for (const auto& broker : layout.brokers) {
      if (!options.excluded.contains(broker.id)) racks_left.insert(broker.rack);
    }
    for (size_t p = 0; p < layout.partitions.size(); ++p) {
      const Replicas& before = layout.partitions[p].replicas;
      const Replicas& now = after.partitions[p].replicas;
      EXPECT_EQ(now.size(), before.size());
      EXPECT_EQ(std::set<int32_t>(now.begin(), now.end()).size(), now.size());
      for (const int32_t id : now) EXPECT_FALSE(options.excluded.contains(id));
      EXPECT_GE(RackCount(layout, now), std::min(RackCount(layout, before), racks_left.size()));
    }
    // If each partition is in all racks, the brokers of each rack share what is in it.
    std::set<std::string> all_racks(racks.begin(), racks.end());
    const bool in_all =
        std::all_of(layout.partitions.begin(), layout.partitions.end(), [&](const auto& partition) {
          return RackCount(layout, partition.replicas) == all_racks.size();
        });
    if (in_all && factor == all_racks.size() && options.excluded.empty()) {
      for (const std::string& rack : all_racks) {
        std::set<int32_t> others;
        for (const auto& broker : layout.brokers) {
          if (broker.rack != rack) others.insert(broker.id);
        }
        EXPECT_LE(Spread(ReplicaCounts(after), others), 1) << rack;
      }
    }
    // Otherwise racks of different sizes may forbid an even spread.
    if (rack_count == 1) {
      EXPECT_LE(Spread(ReplicaCounts(after), options.excluded), 1);
      EXPECT_LE(Spread(LeaderCounts(after), options.excluded), factor == 1 ? 1 : 2);
    }
    if (Spread(ReplicaCounts(after), options.excluded) <= 1 &&
        Spread(LeaderCounts(after), options.excluded) <= 1) {
      EXPECT_THAT(Plan(after, options).changes, IsEmpty()) << "it is balanced";
    }
    EXPECT_EQ(Plan(layout, options).moved_replicas, plan.moved_replicas) << "deterministic";

    // No plan that evens the numbers moves fewer replicas.
    if (rack_count == 1) {
      int64_t least = 0;
      const auto old_counts = ReplicaCounts(layout);
      const auto new_counts = ReplicaCounts(after);
      for (const auto& [id, count] : old_counts) {
        least += std::max(0, count - new_counts.at(id));
      }
      EXPECT_EQ(plan.moved_replicas, least);
    }
  }
}

}  // namespace
}  // namespace quorate::cli
