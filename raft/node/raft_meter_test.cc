#include "raft/node/raft_meter.h"

#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "raft/testing/test_cluster.h"

namespace quorate::raft {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr NodeId k1(1);
constexpr NodeId k2(2);
constexpr NodeId k3(3);

uint64_t CountOf(const Histogram& histogram) {
  const auto counts = histogram.counts();
  return std::accumulate(counts.begin(), counts.end(), uint64_t{0});
}

// Three voters, each with a meter.
class RaftMeterTest : public ::testing::Test, private StepObserver {
 protected:
  RaftMeterTest() {
    cluster_.SetObserver({.steps = this});
    for (const NodeId id : cluster_.Ids()) cluster_.Start(id);
    cluster_.ConnectAll();
    cluster_.Settle();
  }

  const RaftMetrics& Of(NodeId id) { return meters_[id].metrics(); }
  uint64_t Elections(NodeId id, ElectionCause cause) {
    return Of(id).elections[static_cast<size_t>(cause)].value();
  }
  uint64_t Ends(NodeId id, LeadershipEnd end) {
    return Of(id).leadership_ends[static_cast<size_t>(end)].value();
  }
  uint64_t AllElections(NodeId id) {
    uint64_t sum = 0;
    for (const Counter& counter : Of(id).elections) sum += counter.value();
    return sum;
  }
  uint64_t AllEnds(NodeId id) {
    uint64_t sum = 0;
    for (const Counter& counter : Of(id).leadership_ends) sum += counter.value();
    return sum;
  }
  bool AwaitLeaderOtherThan(NodeId old) {
    return cluster_.RunUntil(
        [&] {
          const auto leader = cluster_.FindLeader();
          return leader && leader != old;
        },
        seconds(10));
  }

  TestCluster cluster_{{}};

 private:
  void OnEvent(const RaftCore& core, MonoTime now, const Event& event) override {
    meters_[core.options().self.node_id].OnEvent(core, now, event);
  }
  void OnStep(const RaftCore& core, MonoTime now, const StepResult& result) override {
    meters_[core.options().self.node_id].OnStep(core, now, result);
  }

  std::map<NodeId, RaftMeter> meters_;
};

TEST_F(RaftMeterTest, TheFirstElectionAfterAStart) {
  cluster_.MeetDeadline(k1);
  EXPECT_EQ(Elections(k1, ElectionCause::kStart), 1u);
  EXPECT_EQ(CountOf(Of(k1).won_election_duration), 0u);
  for (const NodeId id : {k2, k3}) cluster_.Pause(id);
  cluster_.Advance(milliseconds(3));
  for (const NodeId id : {k2, k3}) cluster_.Resume(id);
  cluster_.Settle();
  EXPECT_EQ(AllElections(k1), 1u);
  EXPECT_EQ(CountOf(Of(k1).won_election_duration), 1u);
  EXPECT_DOUBLE_EQ(Of(k1).won_election_duration.sum(), 0.003);
  EXPECT_EQ(AllElections(k2), 0u);
  EXPECT_EQ(AllEnds(k1), 0u);
}

TEST_F(RaftMeterTest, ADeathThatIsNoticed) {
  cluster_.Elect(k2);
  cluster_.Crash(k2);
  cluster_.NoticeDeath(k1, k2);
  cluster_.NoticeDeath(k3, k2);
  ASSERT_TRUE(AwaitLeaderOtherThan(k2));
  EXPECT_EQ(cluster_.FindLeader(), k3);
  EXPECT_EQ(Elections(k3, ElectionCause::kLeaderDied), 1u);
  EXPECT_EQ(AllElections(k3), 1u);
}

TEST_F(RaftMeterTest, ALeaderThatIsSilent) {
  cluster_.Elect(k2);
  cluster_.Crash(k2);
  ASSERT_TRUE(AwaitLeaderOtherThan(k2));
  const NodeId leader = *cluster_.FindLeader();
  EXPECT_EQ(Elections(leader, ElectionCause::kTimeout), 1u);
  EXPECT_EQ(AllElections(leader), 1u);
}

TEST_F(RaftMeterTest, RoundsWithoutALeaderAreOneElection) {
  cluster_.Elect(k1);
  cluster_.Crash(k1);
  cluster_.Pause(k3);
  cluster_.Advance(seconds(5));
  EXPECT_EQ(Elections(k2, ElectionCause::kTimeout), 1u);
  cluster_.Resume(k3);
  ASSERT_TRUE(AwaitLeaderOtherThan(k1));
  EXPECT_EQ(AllElections(k2), 1u);
}

TEST_F(RaftMeterTest, ALeaderWithoutAQuorum) {
  cluster_.Elect(k1);
  for (const NodeId id : {k2, k3}) cluster_.Crash(id);
  cluster_.Advance(seconds(5));
  EXPECT_EQ(Ends(k1, LeadershipEnd::kNoQuorum), 1u);
  EXPECT_EQ(AllEnds(k1), 1u);
  EXPECT_EQ(AllElections(k1), 1u) << "it can ask nobody, so it does not stand again";
}

TEST_F(RaftMeterTest, ATransfer) {
  cluster_.Elect(k1);
  cluster_.StartTransfer(k1, k2);
  cluster_.Step(k1, event::PauseConfirmed{.epoch = cluster_.At(k1).core->epoch()});
  ASSERT_TRUE(AwaitLeaderOtherThan(k1));
  EXPECT_EQ(Ends(k1, LeadershipEnd::kTransferred), 1u);
  EXPECT_EQ(AllEnds(k1), 1u);
  EXPECT_EQ(Elections(k2, ElectionCause::kTransfer), 1u);
  EXPECT_EQ(AllElections(k2), 1u);
}

TEST_F(RaftMeterTest, AProcessThatStops) {
  cluster_.Elect(k1);
  cluster_.Step(k1, event::Shutdown{});
  EXPECT_EQ(Ends(k1, LeadershipEnd::kStopped), 1u);
  ASSERT_TRUE(AwaitLeaderOtherThan(k1));
  EXPECT_EQ(Elections(*cluster_.FindLeader(), ElectionCause::kResignation), 1u);
}

TEST_F(RaftMeterTest, ALeaderThatWasPausedIsDeposed) {
  cluster_.Elect(k1);
  cluster_.Pause(k1);
  for (const NodeId id : {k2, k3}) cluster_.Disconnect(k1, id);
  cluster_.Elect(k2);
  cluster_.Resume(k1);
  cluster_.Connect(k1, k2);
  cluster_.Settle();
  EXPECT_EQ(Ends(k1, LeadershipEnd::kDeposed), 1u);
  EXPECT_EQ(AllEnds(k1), 1u);
}

TEST_F(RaftMeterTest, ALeaderWhoseDiskStalls) {
  cluster_.Elect(k1);
  cluster_.Propose(k1, "stuck");
  for (int i = 0; i < 30; ++i) {
    for (const NodeId id : {k2, k3}) {
      cluster_.Deliver(k1, id);
      while (cluster_.At(id).disk.unsynced() > 0) cluster_.SyncOne(id);
      cluster_.Deliver(id, k1);
    }
    cluster_.Advance(milliseconds(100));
  }
  EXPECT_EQ(Ends(k1, LeadershipEnd::kDiskStalled), 1u);
  EXPECT_TRUE(cluster_.At(k1).core->Describe(cluster_.now()).own_log.disk_is_stalled);
}

TEST_F(RaftMeterTest, AppendsAndCommits) {
  cluster_.Elect(k1);
  EXPECT_EQ(CountOf(Of(k1).commit_latency), 1u) << "the barrier";
  cluster_.Propose(k1, "one");
  EXPECT_GT(cluster_.At(k1).core->Describe(cluster_.now()).own_log.uncommitted_bytes, 0u);
  cluster_.Advance(milliseconds(7));
  EXPECT_EQ(CountOf(Of(k1).commit_latency), 1u);
  cluster_.Settle();
  EXPECT_EQ(CountOf(Of(k1).commit_latency), 2u);
  EXPECT_DOUBLE_EQ(Of(k1).commit_latency.sum(), 0.007);
  EXPECT_EQ(cluster_.At(k1).core->Describe(cluster_.now()).own_log.uncommitted_bytes, 0u);
  for (const NodeId id : {k1, k2}) {
    EXPECT_EQ(CountOf(Of(id).append_entries), 2u);
    EXPECT_EQ(Of(id).append_entries.sum(), 2);
    EXPECT_GT(Of(id).append_bytes.sum(), 2);
  }
  EXPECT_EQ(CountOf(Of(k2).commit_latency), 0u);
}

TEST_F(RaftMeterTest, AClaimThatIsNotBelieved) {
  const ReplicaKey stranger = TestCluster::KeyOf(NodeId(9));
  cluster_.Step(k1,
                event::Receive{.from = stranger,
                               .session = 99,
                               .message = VoteRequest{.epoch = Epoch(50), .candidate = stranger}});
  EXPECT_EQ(Of(k1).distrusted_claims.value(), 1u);
}

}  // namespace
}  // namespace quorate::raft
