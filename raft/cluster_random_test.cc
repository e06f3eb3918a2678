// Whole clusters under random faults, from fixed seeds: what Raft promises holds after every step,
// and once the faults end the cluster works again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_format.h"
#include "base/random.h"
#include "raft/testing/test_cluster.h"
#include "tests/sim/checks/invariants.h"

namespace quorate::raft {
namespace {

using ::testing::IsEmpty;

struct Case {
  int nodes;
  uint64_t seed;
  // If there are any, the voters change too.
  int observers = 0;
};

class ClusterRandomTest : public ::testing::TestWithParam<Case> {
 protected:
  ClusterRandomTest() {
    cluster_.SetObserver({.steps = &invariants_,
                          .on_durable = [this](const ReplicaKey& key,
                                               WriteId id) { invariants_.OnDurable(key, id); },
                          .on_delivered =
                              [this](const ReplicaKey& key, const std::vector<EntryPtr>& entries) {
                                invariants_.OnDelivered(key, entries);
                              }});
    for (const NodeId id : cluster_.Ids()) cluster_.Start(id);
    cluster_.ConnectAll();
  }

  static TestCluster::Options MakeOptions(const Case& c) {
    TestCluster::Options options{.nodes = c.nodes, .observers = c.observers, .seed = c.seed};
    // Small enough that disk reads, full windows and many messages for one gap all happen.
    options.raft.cache_bytes = 1'000;
    options.raft.max_append_bytes = 300;
    options.raft.kept_entries = 3;
    options.raft.kept_bytes = 20'000;
    options.snapshot_piece_bytes = 2'000;
    options.raft.max_inflight_messages = 3;
    options.raft.max_inflight_bytes = 600;
    // Candidates that often collide.
    options.raft.heartbeat_interval = std::chrono::milliseconds(30);
    options.raft.election_timeout_min = std::chrono::milliseconds(100);
    options.raft.election_timeout_max = std::chrono::milliseconds(110);
    options.raft.check_quorum_timeout = std::chrono::milliseconds(100);
    options.raft.death_stagger = Duration(0);
    return options;
  }

  NodeId RandomNode() {
    const auto count = static_cast<uint64_t>(GetParam().nodes + GetParam().observers);
    return NodeId(1 + static_cast<int32_t>(rng_.Below(count)));
  }
  bool Chance(uint64_t per_mille) { return rng_.Below(1000) < per_mille; }

  void Work() {
    if (GetParam().observers > 0 && Chance(20)) return ChangeVoters();
    if (!cluster_.wire().empty() && Chance(700)) {
      return cluster_.DeliverNear(rng_.Below(cluster_.wire().size()));
    }
    const NodeId id = RandomNode();
    if (Chance(400)) {
      const TestCluster::Node& node = cluster_.At(id);
      if (!cluster_.IsUp(id)) return;
      if (node.disk.unsynced() > 0) cluster_.SyncOne(id);
      if (!node.unwritten_chunks.empty()) cluster_.WriteChunk(id);
    } else if (Chance(30)) {
      if (cluster_.IsUp(id) && !cluster_.At(id).paused && !cluster_.At(id).delivered.empty()) {
        cluster_.SaveSnapshot(id);
      }
    } else if (Chance(400)) {
      cluster_.Advance(std::chrono::microseconds(rng_.Below(20'000)));
    } else if (Chance(300)) {
      if (cluster_.IsUp(id) && !cluster_.At(id).paused) {
        cluster_.StartRead(id, std::chrono::milliseconds(300));
      }
    } else if (const auto leader = cluster_.FindLeader(); leader && !cluster_.At(*leader).paused) {
      cluster_.Propose(*leader, absl::StrFormat("payload %d", ++proposed_));
    }
  }

  // A random node is made a voter, if the leader takes it for caught up, or is one no longer.
  void ChangeVoters() {
    const std::optional<NodeId> leader = cluster_.FindLeader();
    if (!leader || cluster_.At(*leader).paused) return;
    const RaftCore& core = *cluster_.At(*leader).core;
    const NodeId id = RandomNode();
    VoterSet next = core.log().voters().Without(id);
    if (next.size() == core.log().voters().size()) {
      next = next.With(cluster_.VoterOf(id));
      for (const ReplicaStatus& replica : core.Describe(cluster_.now()).replicas) {
        if (replica.key.node_id == id && !replica.caught_up) return;
      }
    }
    if (!core.CheckVoterChange(next).ok()) return;
    cluster_.ProposeVoters(*leader, next);
    ++voter_changes_;
  }

  void Fault() {
    const NodeId a = RandomNode();
    const NodeId b = RandomNode();
    switch (rng_.Below(8)) {
      case 0:
        if (!cluster_.IsUp(a)) return cluster_.Start(a);
        cluster_.Crash(a);
        for (const NodeId id : cluster_.Ids()) {
          if (cluster_.IsUp(id) && Chance(800)) cluster_.NoticeDeath(id, a);
        }
        return;
      case 1:
        if (a != b) cluster_.Disconnect(a, b);
        return;
      case 2:
      case 3:
        if (a != b && cluster_.IsUp(a) && cluster_.IsUp(b)) cluster_.Connect(a, b);
        return;
      case 4:
        if (!cluster_.wire().empty()) cluster_.DropNear(rng_.Below(cluster_.wire().size()));
        return;
      case 5:
        if (cluster_.At(a).paused) return cluster_.Resume(a);
        if (cluster_.IsUp(a)) cluster_.Pause(a);
        return;
      case 6:  // a false alarm
        if (a != b && cluster_.IsUp(a)) cluster_.NoticeDeath(a, b);
        return;
      default:
        if (cluster_.IsUp(a)) cluster_.StartTransfer(a, std::nullopt);
        if (cluster_.At(a).paused_epoch) {
          cluster_.Step(a, event::PauseConfirmed{*cluster_.At(a).paused_epoch});
        }
    }
  }

  void Heal() {
    for (const NodeId id : cluster_.Ids()) {
      if (!cluster_.IsUp(id)) cluster_.Start(id);
      cluster_.Resume(id);
    }
    cluster_.ConnectAll();
  }

  bool EveryoneHas(LogIndex index) {
    for (const NodeId id : cluster_.Ids()) {
      if (cluster_.At(id).core->log().commit_index() < index) return false;
    }
    return true;
  }

  Rng rng_{GetParam().seed};
  TestCluster cluster_{MakeOptions(GetParam())};
  sim::Invariants invariants_;
  int proposed_ = 0;
  int voter_changes_ = 0;
};

TEST_P(ClusterRandomTest, KeepsItsPromisesAndRecovers) {
  // Storms and calms: in a storm that never ends nothing is committed that could be lost.
  for (int round = 0; round < 20; ++round) {
    for (int step = 0; step < 1'500; ++step) {
      if (step < 1'000 && Chance(25)) {
        Fault();
      } else {
        Work();
      }
      ASSERT_THAT(invariants_.violations(), IsEmpty()) << "in round " << round << ", step " << step;
    }
    Heal();
  }

  const auto claimed = [&] {
    const auto leader = cluster_.FindLeader();
    return leader && cluster_.At(*leader).claimed.has_value();
  };
  ASSERT_TRUE(cluster_.RunUntil(claimed, std::chrono::seconds(10))) << "no leader after healing";
  cluster_.Propose(*cluster_.FindLeader(), "the last one");
  const LogIndex last = cluster_.At(*cluster_.FindLeader()).core->log().last_index();
  EXPECT_TRUE(cluster_.RunUntil([&] { return EveryoneHas(last); }, std::chrono::seconds(10)));
  EXPECT_THAT(invariants_.violations(), IsEmpty());
  // A run in which little happened would prove little.
  EXPECT_GT(invariants_.cluster().committed_index(), LogIndex(100));
  EXPECT_GT(invariants_.cluster().elections(), 3);
  if (GetParam().observers > 0) {
    EXPECT_GT(voter_changes_, 0);
  }
  int snapshots_loaded = 0;
  for (const NodeId id : cluster_.Ids()) snapshots_loaded += cluster_.At(id).snapshots_loaded;
  EXPECT_GT(snapshots_loaded, 3);
}

std::vector<Case> MakeCases() {
  std::vector<Case> cases;
  for (uint64_t seed = 1; seed <= 14; ++seed) cases.push_back({.nodes = 3, .seed = seed});
  for (uint64_t seed = 101; seed <= 106; ++seed) cases.push_back({.nodes = 5, .seed = seed});
  for (uint64_t seed = 201; seed <= 210; ++seed) {
    cases.push_back({.nodes = 3, .seed = seed, .observers = 2});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Seeds, ClusterRandomTest, ::testing::ValuesIn(MakeCases()),
                         [](const auto& c) {
                           return absl::StrFormat("%dNodes%dObserversSeed%d", c.param.nodes,
                                                  c.param.observers, c.param.seed);
                         });

}  // namespace
}  // namespace quorate::raft
