// Observers do not count towards a majority, and neither do other directories under the node ids of
// voters. Each test violates one such rule by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/checks/fake_cluster.h"

namespace quorate::sim {
namespace {

using raft::Heartbeat;
using raft::HeartbeatResponse;
using raft::VoteResponse;
using std::chrono::milliseconds;
using ::testing::StartsWith;

class ObserversTest : public ::testing::Test {
 protected:
  ObserversTest() { c_.MakeHistory(); }

  void ExpectViolation(int invariant, const std::string& what) {
    EXPECT_THAT(c_.Violated(), StartsWith(std::to_string(invariant) + ": " + what));
  }
  // Removes node 3 from the voters. Node 3 knows this.
  void RemoveThree() {
    const raft::VoterSet two({{.key = FakeCluster::KeyOf(1)}, {.key = FakeCluster::KeyOf(2)}});
    c_.ChangeVoters(1, two);
    c_.Sync(1);
    c_.Replicate(1, 2);
    c_.Replicate(1, 3);
    c_.Commit(1, 4);
    c_.Commit(3, 4);
    c_.Facts(1).peers[1].is_voter = false;
  }
  // Replaces the directory of `node`. Node 1 notices this when it reconnects.
  void Wipe(int node) {
    c_.At(node).options.self = FakeCluster::KeyOf(node, 'b');
    c_.Disconnect(1, node);
    c_.Connect(1, node);
  }

  FakeCluster c_;
};

TEST_F(ObserversTest, OneThatStands) {
  RemoveThree();
  EXPECT_EQ(c_.Violated(), "");
  c_.WriteHardState(3, 2, 3);
  c_.Step(3);
  ExpectViolation(1, "stands in epoch 2 as an observer");
}

TEST_F(ObserversTest, OneThatIsToldToStand) {
  RemoveThree();
  c_.Step(1, raft::event::PauseConfirmed{.epoch = Epoch(1)});
  c_.Send(1, 3, raft::TimeoutNow{.epoch = Epoch(1)});
  c_.Step(1);
  ExpectViolation(12, "hands over to an observer");
}

TEST_F(ObserversTest, OneThatIsToldToCommitWhatItLacks) {
  RemoveThree();
  c_.Append(1, "c");
  c_.Sync(1);
  c_.Replicate(1, 2);
  c_.Commit(1, 5);
  c_.Send(1, 3, Heartbeat{.epoch = Epoch(1), .commit_index = LogIndex(5)});
  c_.Step(1);
  ExpectViolation(5, "tells a peer to commit what it may not have");
}

TEST_F(ObserversTest, OneThatIsTakenToHaveWhatItNeverAcknowledged) {
  RemoveThree();
  c_.Append(1, "c");
  c_.Facts(1).peers[1].match_index = LogIndex(5);
  c_.Facts(1).peers[1].next_index = LogIndex(6);
  c_.Step(1);
  ExpectViolation(10, "takes 3 to have 5, which it has not acknowledged in this epoch");
}

TEST_F(ObserversTest, APreVoteOfAnotherDirectory) {
  c_.Restart(1);
  Wipe(2);
  c_.Receive(1, 2, VoteResponse{.requested_epoch = Epoch(2), .granted = true, .pre_vote = true});
  c_.WriteHardState(1, 2, 1);
  c_.Step(1);
  ExpectViolation(1, "stands in epoch 2 without a majority of pre-votes");
}

TEST_F(ObserversTest, AReadConfirmedByAnotherDirectory) {
  Wipe(2);
  c_.Step(1, raft::event::StartRead{.token = 1});
  c_.Send(1, 2, Heartbeat{.epoch = Epoch(1), .read_sequence = 1});
  c_.Step(1);
  c_.Receive(1, 2, HeartbeatResponse{.epoch = Epoch(1), .read_sequence = 1});
  c_.Emit(1, raft::effect::ReadReady{.token = 1, .index = LogIndex(3)});
  c_.Step(1);
  ExpectViolation(11, "a read that no round sent after it has confirmed");
}

TEST_F(ObserversTest, AnotherDirectoryKeepsNoLeaderInOffice) {
  for (const int peer : {2, 3}) Wipe(peer);
  for (PeerFacts& peer : c_.Facts(1).peers) peer.next_index = LogIndex(4);
  for (int beat = 0; beat < 15; ++beat) {
    c_.Pass(milliseconds(100));
    for (const int peer : {2, 3}) c_.Receive(1, peer, raft::AppendResponse{.epoch = Epoch(1)});
  }
  c_.Step(1, raft::event::Wake{});
  ExpectViolation(13, "leads on though no majority has worked for a timeout");
}

// 9: a replica is made a voter only if that was requested, by node id and directory id, and if it
// has caught up.

class PromotionTest : public ObserversTest {
 protected:
  PromotionTest() { c_.StartEmpty(FakeCluster::KeyOf(4)); }

  // The user of the leader adds the replica to the voters.
  void Promote(const raft::ReplicaKey& replica) {
    c_.invariants().OnVotersDecided(FakeCluster::KeyOf(1), c_.now(),
                                    FakeCluster::Voters().With({.key = replica}));
  }
};

TEST_F(PromotionTest, OfOneThatNobodyAskedFor) {
  c_.Replicate(1, 4);
  Promote(FakeCluster::KeyOf(4));
  ExpectViolation(9, "makes a voter of a replica that nobody asked for (controller 4");
}

TEST_F(PromotionTest, OfAnotherDirectoryThanWasAskedFor) {
  c_.Replicate(1, 4);
  c_.invariants().OnVoterRequested(FakeCluster::KeyOf(4, 'b'));
  Promote(FakeCluster::KeyOf(4));
  ExpectViolation(9, "makes a voter of a replica that nobody asked for (controller 4");
}

TEST_F(PromotionTest, OfOneThatLacksOldEntries) {
  c_.invariants().OnVoterRequested(FakeCluster::KeyOf(4));
  c_.Pass(milliseconds(1000));
  Promote(FakeCluster::KeyOf(4));
  ExpectViolation(9, "makes a voter of an observer that has not caught up (controller 4");
}

TEST_F(PromotionTest, OfOneThatLacksWhatIsNewIsRight) {
  c_.invariants().OnVoterRequested(FakeCluster::KeyOf(4));
  c_.Replicate(1, 4);
  c_.Pass(milliseconds(1000));
  c_.Append(1, "c");
  Promote(FakeCluster::KeyOf(4));
  EXPECT_EQ(c_.Violated(), "");
  c_.Pass(milliseconds(1000));
  Promote(FakeCluster::KeyOf(4));
  ExpectViolation(9, "makes a voter of an observer that has not caught up (controller 4");
}

}  // namespace
}  // namespace quorate::sim
