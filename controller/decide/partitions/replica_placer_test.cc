#include "controller/decide/partitions/replica_placer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "controller/testing/decision_fixture.h"

namespace quorate::controller {
namespace {

// The counts of brokers 1, 2, ….
using Counts = std::vector<int64_t>;

int64_t SpreadOf(const Counts& counts) {
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  return *most - *least;
}

// What the brokers lead and hold.
struct Loads {
  Counts leaders;
  Counts replicas;
};

// The loads of all topics together.
Loads TotalsOf(const PartitionTally& tally, int brokers) {
  Loads loads;
  for (int32_t id = 1; id <= brokers; ++id) {
    loads.leaders.push_back(tally.LoadOf(BrokerId(id)).leaders);
    loads.replicas.push_back(tally.LoadOf(BrokerId(id)).replicas);
  }
  return loads;
}

// The loads of one topic.
Loads LoadsOf(const metadata::TopicPtr& topic, int brokers) {
  Loads loads{Counts(static_cast<size_t>(brokers)), Counts(static_cast<size_t>(brokers))};
  for (int32_t i = 0; i < topic->partition_count(); ++i) {
    const auto replicas = topic->partition(i).replicas();
    ++loads.leaders.at(static_cast<size_t>(replicas[0]) - 1);
    for (const int32_t id : replicas) ++loads.replicas.at(static_cast<size_t>(id) - 1);
  }
  return loads;
}

// Returns how often each broker except `leader` is the second replica of a partition that `leader`
// leads.
Counts SuccessorsOf(const metadata::TopicPtr& topic, int32_t leader, int brokers) {
  std::map<int32_t, int64_t> counts;
  for (int32_t id = 1; id <= brokers; ++id) {
    if (id != leader) counts[id] = 0;
  }
  for (int32_t i = 0; i < topic->partition_count(); ++i) {
    const auto replicas = topic->partition(i).replicas();
    if (replicas[0] == leader) ++counts.at(replicas[1]);
  }
  Counts successors;
  for (const auto& [id, count] : counts) successors.push_back(count);
  return successors;
}

// Gives the brokers random loads, by topics with assigned replicas.
void Unbalance(DecisionFixture& cluster, int brokers, Rng& rng) {
  for (int32_t id = 1; id <= brokers; ++id) {
    std::vector<std::vector<int32_t>> held(1 + rng.Below(20), {id});
    held.resize(held.size() + rng.Below(5), {id, 1 + id % brokers});
    if (brokers == 1) held.resize(1);
    cluster.Create(absl::StrFormat("held-%d", id), std::vector(1, held.front()));
    for (size_t i = 1; i < held.size(); ++i) {
      cluster.Create(absl::StrFormat("held-%d-%d", id, i), std::vector(1, held[i]));
    }
  }
}

TEST(ReplicaPlacerTest, ATopicIsSpreadEvenlyWhateverTheBrokersHold) {
  for (int brokers = 1; brokers <= 9; ++brokers) {
    const auto seed = static_cast<uint64_t>(brokers);
    Rng rng(seed);
    DecisionFixture cluster(seed);
    cluster.StartBrokers(brokers);
    Unbalance(cluster, brokers, rng);
    for (int32_t factor = 1; factor <= brokers; ++factor) {
      for (int32_t partitions = 1; partitions <= 3 * brokers; ++partitions) {
        SCOPED_TRACE(absl::StrFormat("%d brokers, %d x %d replicas", brokers, partitions, factor));
        const auto topic =
            cluster.Create(absl::StrFormat("t-%d-%d", factor, partitions), partitions, factor);
        const Loads loads = LoadsOf(topic, brokers);
        EXPECT_LE(SpreadOf(loads.leaders), 1);
        EXPECT_LE(SpreadOf(loads.replicas), 1);
        if (factor == 1) continue;
        for (int32_t leader = 1; leader <= brokers; ++leader) {
          EXPECT_LE(SpreadOf(SuccessorsOf(topic, leader, brokers)), 2) << "of leader " << leader;
        }
      }
    }
  }
}

// A topic is as even as if it had been created with all its partitions.
TEST(ReplicaPlacerTest, ATopicThatGrowsStaysSpreadEvenly) {
  for (int brokers = 1; brokers <= 7; ++brokers) {
    const auto seed = static_cast<uint64_t>(brokers);
    Rng rng(seed);
    DecisionFixture cluster(seed);
    cluster.StartBrokers(brokers);
    Unbalance(cluster, brokers, rng);
    for (int32_t factor = 1; factor <= brokers; ++factor) {
      for (int run = 0; run < 20; ++run) {
        const std::string name = absl::StrFormat("t-%d-%d", factor, run);
        int32_t partitions = 1 + static_cast<int32_t>(rng.Below(2 * seed));
        cluster.Create(name, partitions, factor);
        for (int step = 0; step < 4; ++step) {
          partitions += 1 + static_cast<int32_t>(rng.Below(2 * seed));
          SCOPED_TRACE(
              absl::StrFormat("%d brokers, %d x %d replicas", brokers, partitions, factor));
          const Loads loads = LoadsOf(cluster.Extend(name, partitions), brokers);
          EXPECT_LE(SpreadOf(loads.leaders), 1);
          EXPECT_LE(SpreadOf(loads.replicas), 2);
        }
      }
    }
  }
}

TEST(ReplicaPlacerTest, NewPartitionsMakeUpForAnUnevenTopic) {
  DecisionFixture cluster;
  cluster.StartBrokers(3);
  cluster.Create("t", {{1, 2}, {1, 2}, {1, 2}});
  const Loads loads = LoadsOf(cluster.Extend("t", 9), 3);
  EXPECT_EQ(loads.leaders, Counts({3, 3, 3}));
  EXPECT_LE(SpreadOf(loads.replicas), 1);
}

TEST(ReplicaPlacerTest, ANewBrokerTakesNewPartitionsUntilItHasAsManyAsTheOthers) {
  DecisionFixture cluster;
  cluster.StartBrokers(3);
  cluster.Create("t", 12, 3);
  cluster.Register(4);
  cluster.Heartbeat(4);
  const Loads loads = LoadsOf(cluster.Extend("t", 16), 4);
  EXPECT_EQ(loads.leaders, Counts({4, 4, 4, 4}));
  // Each new partition has a replica on it.
  EXPECT_EQ(loads.replicas[3], 4);
}

TEST(ReplicaPlacerTest, ExtendingKeepsTheTotalsRight) {
  DecisionFixture cluster;
  cluster.StartBrokers(4);
  for (int i = 0; i < 30; ++i) {
    const std::string name = absl::StrFormat("t%d", i);
    cluster.Create(name, 1, 3);
    cluster.Extend(name, 2 + i % 5);
  }
  const Loads totals = TotalsOf(cluster.view().tally, 4);
  EXPECT_LE(SpreadOf(totals.leaders), 2);
  EXPECT_LE(SpreadOf(totals.replicas), 3);
}

TEST(ReplicaPlacerTest, NoBrokerGetsAllLeadersBecauseItLedNothing) {
  DecisionFixture cluster;
  cluster.StartBrokers(3);
  cluster.Create("old", {{1, 2, 3}, {2, 1, 3}, {1, 2, 3}, {2, 1, 3}, {1, 2, 3}, {2, 1, 3}});
  EXPECT_EQ(LoadsOf(cluster.Create("new", 6, 3), 3).leaders, Counts({2, 2, 2}));
}

// KAFKA-14437 and KAFKA-15354: topics with one partition, and with any replication factor.
TEST(ReplicaPlacerTest, EqualBrokersStayEvenOverManyCreates) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    DecisionFixture cluster(seed);
    Rng rng(seed);
    const int brokers = 1 + static_cast<int>(rng.Below(8));
    cluster.StartBrokers(brokers);
    for (int i = 0; i < 50; ++i) {
      cluster.Create(absl::StrFormat("t%d", i), 1 + static_cast<int32_t>(rng.Below(4)),
                     1 + static_cast<int32_t>(rng.Below(static_cast<uint64_t>(brokers))));
      const Loads totals = TotalsOf(cluster.view().tally, brokers);
      ASSERT_LE(SpreadOf(totals.leaders), 1) << "seed " << seed << ", topic " << i;
      // Spreading the topic itself has priority, which may make the totals slightly less even.
      ASSERT_LE(SpreadOf(totals.replicas), 3) << "seed " << seed << ", topic " << i;
    }
  }
}

TEST(ReplicaPlacerTest, TotalsBecomeEvenAgain) {
  DecisionFixture cluster;
  const int brokers = 4;
  cluster.StartBrokers(brokers);
  cluster.Create("old", std::vector<std::vector<int32_t>>(40, {1, 2}));
  for (int i = 0; i < 60; ++i) cluster.Create(absl::StrFormat("t%d", i), 6, 3);
  const Loads totals = TotalsOf(cluster.view().tally, brokers);
  EXPECT_LE(SpreadOf(totals.leaders), 1);
  EXPECT_LE(SpreadOf(totals.replicas), 1);
}

TEST(ReplicaPlacerTest, ANewBrokerIsFilledFirstWithWhatTopicsLeaveOpen) {
  DecisionFixture cluster;
  cluster.StartBrokers(3);
  cluster.Create("old", 30, 1);
  cluster.Register(4);
  cluster.Heartbeat(4);
  for (int i = 0; i < 10; ++i) {
    const auto topic = cluster.Create(absl::StrFormat("new-%d", i), 1, 1);
    EXPECT_EQ(topic->partition(0).leader(), BrokerId(4));
  }
}

TEST(ReplicaPlacerTest, APartitionNeverHasABrokerTwice) {
  DecisionFixture cluster;
  cluster.StartBrokers(5);
  for (int32_t factor = 1; factor <= 5; ++factor) {
    const auto topic = cluster.Create(absl::StrFormat("t-%d", factor), 103, factor);
    for (int32_t i = 0; i < topic->partition_count(); ++i) {
      const auto replicas = topic->partition(i).replicas();
      EXPECT_EQ(std::set<int32_t>(replicas.begin(), replicas.end()).size(),
                static_cast<size_t>(factor));
    }
  }
}

// Brokers 1, 2, … in racks of the given sizes.
class RackedCluster {
 public:
  explicit RackedCluster(const std::vector<int>& sizes) : sizes_(sizes) {
    for (size_t rack = 0; rack < sizes.size(); ++rack) {
      for (int i = 0; i < sizes[rack]; ++i) {
        const auto id = static_cast<int32_t>(racks_.size()) + 1;
        fixture_.Register(id, 1, absl::StrFormat("rack-%d", rack));
        fixture_.Heartbeat(id);
        racks_.push_back(rack);
      }
    }
  }

  DecisionFixture& fixture() { return fixture_; }
  int brokers() const { return static_cast<int>(racks_.size()); }
  size_t RackOf(int32_t id) const { return racks_.at(static_cast<size_t>(id) - 1); }

  // Returns the number of replicas in each rack.
  Counts InRacks(const metadata::PartitionView& partition) const {
    Counts counts(sizes_.size());
    for (const int32_t id : partition.replicas()) ++counts[RackOf(id)];
    return counts;
  }

 private:
  const std::vector<int> sizes_;
  // The rack of each broker.
  std::vector<size_t> racks_;
  DecisionFixture fixture_;
};

TEST(ReplicaPlacerTest, EqualRacksAndTheirBrokersGetEqualShares) {
  for (const auto& sizes : std::vector<std::vector<int>>{{2, 2}, {3, 3, 3}, {1, 1, 1, 1}, {4, 4}}) {
    RackedCluster cluster(sizes);
    const int brokers = cluster.brokers();
    for (int32_t factor = 1; factor <= brokers; ++factor) {
      for (int32_t partitions = 1; partitions <= 3 * brokers; ++partitions) {
        SCOPED_TRACE(absl::StrFormat("%d racks of %d, %d x %d replicas", sizes.size(), sizes[0],
                                     partitions, factor));
        const auto topic = cluster.fixture().Create(absl::StrFormat("t-%d-%d", factor, partitions),
                                                    partitions, factor);
        for (int32_t i = 0; i < partitions; ++i) {
          EXPECT_LE(SpreadOf(cluster.InRacks(topic->partition(i))), 1) << "partition " << i;
        }
        const Loads loads = LoadsOf(topic, brokers);
        EXPECT_LE(SpreadOf(loads.leaders), 1);
        // The racks may not allow the remaining partitions to be spread evenly.
        EXPECT_LE(SpreadOf(loads.replicas), partitions % brokers == 0 ? 1 : 2);
      }
    }
  }
}

TEST(ReplicaPlacerTest, SmallRacksGetWhatTheRuleOfRacksAsksAndNoMoreLeaders) {
  RackedCluster cluster({3, 2, 1});
  const auto topic = cluster.fixture().Create("t", 60, 3);
  for (int32_t i = 0; i < 60; ++i) {
    EXPECT_EQ(cluster.InRacks(topic->partition(i)), Counts({1, 1, 1})) << "partition " << i;
  }
  const Loads loads = LoadsOf(topic, cluster.brokers());
  EXPECT_EQ(loads.leaders, Counts(6, 10));
  EXPECT_EQ(loads.replicas, Counts({20, 20, 20, 30, 30, 60}));
}

TEST(ReplicaPlacerTest, ADeadBrokersLeadersGoToAllOthersOfOtherRacks) {
  RackedCluster cluster({3, 3, 3});
  const auto topic = cluster.fixture().Create("t", 9 * 6, 3);
  for (int32_t leader = 1; leader <= 9; ++leader) {
    const Counts successors = SuccessorsOf(topic, leader, 9);
    EXPECT_EQ(std::count(successors.begin(), successors.end(), 1), 6) << "leader " << leader;
  }
}

TEST(ReplicaPlacerTest, TopicsThatOneBrokerLeadsHaveOtherFollowers) {
  DecisionFixture cluster;
  cluster.StartBrokers(6);
  std::map<BrokerId, std::set<BrokerId>> followers;
  for (int i = 0; i < 120; ++i) {
    const auto partition = cluster.Create(absl::StrFormat("t%d", i), 1, 2)->partition(0);
    followers[*partition.leader()].insert(partition.replica(1));
  }
  for (const auto& [leader, of_leader] : followers) EXPECT_GE(of_leader.size(), 3u) << leader;
}

TEST(ReplicaPlacerTest, AFencedBrokerTakesNoReplica) {
  DecisionFixture cluster;
  cluster.StartBrokers(3);
  cluster.Create("busy", 40, 3);
  cluster.Register(4);  // holds no replica and is fenced
  const auto topic = cluster.Create("t", 10, 3);
  for (int32_t i = 0; i < 10; ++i) {
    EXPECT_FALSE(topic->partition(i).PositionOf(BrokerId(4)).has_value());
  }
}

TEST(ReplicaPlacerTest, TheSameViewAndSeedPlaceTheSame) {
  DecisionFixture a(7);
  DecisionFixture b(7);
  a.StartBrokers(5);
  b.StartBrokers(5);
  const auto left = a.Create("t", 52, 3);
  const auto right = b.Create("t", 52, 3);
  EXPECT_EQ(left->id(), right->id());
  EXPECT_TRUE(*left == *right);
}

}  // namespace
}  // namespace quorate::controller
