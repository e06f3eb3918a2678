// Violates invariants 10 to 14 by hand, and the rules about when a node may end because of its
// disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/checks/fake_cluster.h"

namespace quorate::sim {
namespace {

using raft::AppendRequest;
using raft::HeartbeatResponse;
using raft::Proposal;
using raft::VoteRequest;
using std::chrono::milliseconds;
using ::testing::StartsWith;

// A healthy cluster in which node 1 leads.
class LimitsTest : public ::testing::Test {
 protected:
  LimitsTest() { c_.MakeHistory(); }

  void ExpectViolation(int invariant, const std::string& what) {
    EXPECT_THAT(c_.Violated(), StartsWith(std::to_string(invariant) + ": " + what));
  }
  PeerFacts& Peer() { return c_.Facts(1).peers[0]; }

  FakeCluster c_;
};

// 10: windows, sums and positions are correct and within their limits.

TEST_F(LimitsTest, NextAtOrBelowMatch) {
  Peer().match_index = Peer().next_index = LogIndex(3);
  c_.Step(1);
  ExpectViolation(10, "expects 3 of 2, which has 3");
}

TEST_F(LimitsTest, MatchBeyondTheLog) {
  Peer().match_index = LogIndex(4);
  Peer().next_index = LogIndex(5);
  c_.Step(1);
  ExpectViolation(10, "expects 5 of 2, which has 4");
}

TEST_F(LimitsTest, MatchThatThePeerNeverAcknowledged) {
  c_.Facts(1).peers[1].match_index = LogIndex(3);
  c_.Facts(1).peers[1].next_index = LogIndex(4);
  c_.Step(1);
  ExpectViolation(10, "takes 3 to have 3, which it has not acknowledged in this epoch");
}

TEST_F(LimitsTest, MatchThatFalls) {
  Peer().match_index = LogIndex(2);
  Peer().next_index = LogIndex(4);
  c_.Step(1);
  Peer().match_index = LogIndex(1);
  c_.Step(1);
  ExpectViolation(10, "forgets what a peer acknowledged");
}

TEST_F(LimitsTest, LeakedBytes) {
  Peer().inflight_bytes = 7;
  c_.Step(1);
  ExpectViolation(10, "counts 7 bytes in flight, not 0");
}

TEST_F(LimitsTest, TooManyMessages) {
  Peer().inflight_messages = c_.At(1).options.max_inflight_messages + 1;
  c_.Step(1);
  ExpectViolation(10, "has 257 messages of 0 bytes in flight");
}

TEST_F(LimitsTest, TooManyBytes) {
  Peer().inflight_bytes = Peer().recounted_bytes = size_t{25} << 20;
  c_.Step(1);
  ExpectViolation(10, "has 0 messages of 26214400 bytes in flight");
}

TEST_F(LimitsTest, UncommittedBytes) {
  c_.Facts(1).uncommitted_bytes = 7;
  c_.Step(1);
  ExpectViolation(10, "counts 7 uncommitted bytes, not 0");
}

TEST_F(LimitsTest, AMessageThatIsTooLarge) {
  c_.ReplaceLeader();
  c_.At(2).options.max_append_bytes = 10;
  c_.Restart(2);
  c_.Elect(2, 1, 3);
  c_.Send(2, 3,
          AppendRequest{.epoch = Epoch(3),
                        .prev_index = LogIndex(2),
                        .prev_epoch = Epoch(1),
                        .entries = {c_.At(2).log[2], c_.At(2).log[3]}});
  c_.Step(2);
  ExpectViolation(10, "sends more bytes at once than it may");
}

// 2: a node ends because of its disk only if the disk had pending work and finished none of it for
// `disk_exit_timeout`.

class HungDiskTest : public LimitsTest {
 protected:
  // From now on, a write is pending on the leader's disk.
  HungDiskTest() { c_.Append(1, "stuck"); }

  Duration Timeout() { return c_.At(1).options.disk_exit_timeout; }
  void GiveUp(std::optional<MonoTime> reading_since = std::nullopt) {
    c_.Emit(1, raft::effect::Fatal{absl::UnavailableError("hangs")});
    c_.Step(1, raft::event::Wake{.reading_since = reading_since});
  }
  void ExpectGaveUpForNothing() { ExpectViolation(2, "gives up: UNAVAILABLE: hangs"); }
};

TEST_F(HungDiskTest, AtTheTimeout) {
  c_.Pass(Timeout());
  GiveUp();
  EXPECT_EQ(c_.Violated(), "");
  EXPECT_EQ(c_.invariants().cluster().disk_exits(), 1);
}

TEST_F(HungDiskTest, TooEarly) {
  c_.Pass(Timeout() - milliseconds(1));
  GiveUp();
  ExpectGaveUpForNothing();
}

TEST_F(HungDiskTest, WhenAnotherWriteWasFinished) {
  c_.Append(1, "too");
  c_.Pass(Timeout() - milliseconds(1));
  c_.Step(1, raft::event::Persisted{.id = c_.At(1).writes - 1});
  c_.Pass(milliseconds(1));
  GiveUp();
  ExpectGaveUpForNothing();
}

TEST_F(HungDiskTest, WhenItOwesNothing) {
  c_.Step(1, raft::event::Persisted{.id = c_.At(1).writes});
  c_.Pass(Timeout());
  GiveUp();
  ExpectGaveUpForNothing();
}

TEST_F(HungDiskTest, WhenItOwesARead) {
  c_.Step(1, raft::event::Persisted{.id = c_.At(1).writes});
  const MonoTime reading_since = c_.now();
  c_.Pass(Timeout());
  GiveUp(reading_since);
  EXPECT_EQ(c_.Violated(), "");
}

TEST_F(HungDiskTest, WhenAReadWasFinished) {
  c_.Step(1, raft::event::Wake{.reading_since = c_.now()});
  c_.Pass(Timeout());
  GiveUp(c_.now());
  ExpectGaveUpForNothing();
}

TEST_F(HungDiskTest, WhenTheWriteCameAfterARead) {
  c_.Step(1, raft::event::Persisted{.id = c_.At(1).writes});
  const MonoTime reading_since = c_.now();
  c_.Step(1, raft::event::Wake{.reading_since = reading_since});
  c_.Pass(Timeout() - milliseconds(1));
  c_.Append(1, "late");
  c_.Pass(milliseconds(1));
  GiveUp(reading_since);
  EXPECT_EQ(c_.Violated(), "");
}

TEST_F(HungDiskTest, AfterAPause) {
  c_.Pass(Timeout());
  c_.invariants().OnResumed(FakeCluster::KeyOf(1), c_.now(), Timeout());
  c_.Pass(Timeout() - milliseconds(1));
  GiveUp();
  ExpectGaveUpForNothing();
}

TEST_F(HungDiskTest, ForAnotherReason) {
  c_.Pass(Timeout());
  c_.Emit(1, raft::effect::Fatal{absl::DataLossError("lost")});
  c_.Step(1);
  ExpectViolation(2, "gives up: DATA_LOSS: lost");
}

// 11: a read sees everything that was committed before it began.

class ReadTest : public LimitsTest {
 protected:
  // The leader sends a heartbeat round, and node 2 answers it.
  void SendRound(int64_t sequence) {
    c_.Send(1, 2, raft::Heartbeat{.epoch = Epoch(1), .read_sequence = sequence});
    c_.Step(1);
  }
  void AnswerRound(int64_t sequence) {
    c_.Receive(1, 2, HeartbeatResponse{.epoch = Epoch(1), .read_sequence = sequence});
  }
  // Adds the answer to the next step.
  void EmitAnswer(int node, int64_t index) {
    c_.Emit(node, raft::effect::ReadReady{.token = 1, .index = LogIndex(index)});
  }
  void Answer(int node, int64_t index) {
    EmitAnswer(node, index);
    c_.Step(node);
  }
};

TEST_F(ReadTest, ConfirmedByARoundOfItsOwn) {
  c_.Step(1, raft::event::StartRead{.token = 1});
  SendRound(1);
  EmitAnswer(1, 3);
  AnswerRound(1);
  EXPECT_EQ(c_.Violated(), "");
}

TEST_F(ReadTest, KeptThoughItIsConfirmed) {
  c_.Step(1, raft::event::StartRead{.token = 1});
  SendRound(1);
  EXPECT_EQ(c_.Violated(), "");
  AnswerRound(1);
  ExpectViolation(11, "keeps a read that a majority has confirmed");
}

TEST_F(ReadTest, OneThatHasFailedNeedsNoAnswer) {
  c_.Step(1, raft::event::StartRead{.token = 1});
  SendRound(1);
  c_.Emit(1, raft::effect::ReadFailed{.token = 1});
  c_.Step(1);
  AnswerRound(1);
  EXPECT_EQ(c_.Violated(), "");
}

TEST_F(ReadTest, WithoutARound) {
  c_.Step(1, raft::event::StartRead{.token = 1});
  Answer(1, 3);
  ExpectViolation(11, "a read that no round sent after it has confirmed");
}

TEST_F(ReadTest, InTheRoundBeforeIt) {
  SendRound(1);
  c_.Facts(1).read_sequence = 1;
  c_.Step(1);
  c_.Step(1, raft::event::StartRead{.token = 1});
  AnswerRound(1);
  Answer(1, 3);
  ExpectViolation(11, "a read that no round sent after it has confirmed");
}

TEST_F(ReadTest, ConfirmedInAnotherEpoch) {
  c_.Step(1, raft::event::StartRead{.token = 1});
  SendRound(1);
  c_.Receive(1, 2, HeartbeatResponse{.epoch = Epoch(0), .read_sequence = 1});
  Answer(1, 3);
  ExpectViolation(11, "a read that no round sent after it has confirmed");
}

TEST_F(ReadTest, Stale) {
  c_.Step(3, raft::event::StartRead{.token = 1});
  Answer(3, 2);
  ExpectViolation(11, "a read at index 2 began when 3 was committed");
}

TEST_F(ReadTest, AheadOfWhatIsCommittedHere) {
  c_.Step(3, raft::event::StartRead{.token = 1});
  Answer(3, 3);
  ExpectViolation(11, "a read at index 3, which is not committed");
}

TEST_F(ReadTest, AnsweredTwice) {
  c_.Step(1, raft::event::StartRead{.token = 1});
  SendRound(1);
  EmitAnswer(1, 3);
  AnswerRound(1);
  Answer(1, 3);
  ExpectViolation(11, "answers a read twice");
}

TEST_F(ReadTest, OfAnotherNodeThatIsNotCommitted) {
  c_.Receive(1, 3, raft::ReadIndexRequest{.token = 7, .epoch = Epoch(1)});
  SendRound(1);
  c_.Reply(1, 3,
           raft::ReadIndexResponse{
               .token = 7, .epoch = Epoch(1), .confirmed = true, .read_index = LogIndex(4)});
  AnswerRound(1);
  ExpectViolation(11, "a read at index 4, which is not committed");
}

// 12: users learn the right leader, and each proposal is appended at most once.

TEST_F(LimitsTest, AnEntryThatNobodyProposed) {
  c_.Write(1, {.entries = {c_.MakeEntry(1, 1, "c")}});
  c_.Step(1);
  ExpectViolation(12, "appends at index 4 what nobody proposed to this epoch");
}

TEST_F(LimitsTest, AProposalOfAnotherEpoch) {
  c_.Write(1, {.entries = {c_.MakeEntry(1, 1, "c")}});
  c_.Step(1, raft::event::Propose{{Proposal{.expected_epoch = Epoch(0), .payload = "c"}}});
  ExpectViolation(12, "appends at index 4 what nobody proposed to this epoch");
}

TEST_F(LimitsTest, AProposalThatIsLost) {
  c_.Write(1, {.entries = {c_.MakeEntry(1, 1, "c")}});
  c_.Step(1, raft::event::Propose{{Proposal{.expected_epoch = Epoch(1), .payload = "c"},
                                   Proposal{.expected_epoch = Epoch(1), .payload = "d"}}});
  ExpectViolation(12, "loses a proposal of its own epoch");
}

TEST_F(LimitsTest, AClaimBeforeTheBarrierIsCommitted) {
  c_.ReplaceLeader();
  c_.Emit(2, raft::effect::Claim{.epoch = Epoch(2), .barrier = LogIndex(4)});
  c_.Step(2);
  ExpectViolation(12, "claims leadership before its barrier is committed");
}

TEST_F(LimitsTest, AClaimOfAnEpochThatAnotherLeads) {
  c_.Emit(3, raft::effect::Claim{.epoch = Epoch(1), .barrier = LogIndex(1)});
  c_.Step(3);
  ExpectViolation(12, "claims an epoch that it does not lead");
}

TEST_F(LimitsTest, ALeadershipThatEndsUntold) {
  c_.Emit(1, raft::effect::Claim{.epoch = Epoch(1), .barrier = LogIndex(1)});
  c_.Step(1);
  c_.Facts(1).role = RoleKind::kFollower;
  c_.Step(1);
  ExpectViolation(12, "its users believe that it leads epoch 1");
}

TEST_F(LimitsTest, AHandOver) {
  c_.Replicate(1, 3);
  c_.Step(1, raft::event::PauseConfirmed{.epoch = Epoch(1)});
  c_.Send(1, 3, raft::TimeoutNow{.epoch = Epoch(1)});
  c_.Step(1);
  EXPECT_EQ(c_.Violated(), "");
}

TEST_F(LimitsTest, AHandOverToATargetThatLacksEntries) {
  c_.Step(1, raft::event::PauseConfirmed{.epoch = Epoch(1)});
  c_.Send(1, 3, raft::TimeoutNow{.epoch = Epoch(1)});
  c_.Step(1);
  ExpectViolation(12, "hands over to a target that does not have everything");
}

TEST_F(LimitsTest, AHandOverToATargetWhoseDiskWasReplacedUnseen) {
  c_.Replicate(1, 3);
  c_.Step(1, raft::event::PauseConfirmed{.epoch = Epoch(1)});
  c_.StartEmpty(FakeCluster::KeyOf(3, 'b'));
  c_.Send(1, 3, raft::TimeoutNow{.epoch = Epoch(1)});
  c_.Step(1);
  EXPECT_EQ(c_.Violated(), "");
}

TEST_F(LimitsTest, AHandOverToANodeThatIsNoVoter) {
  c_.Step(1, raft::event::PauseConfirmed{.epoch = Epoch(1)});
  c_.Send(1, 4, raft::TimeoutNow{.epoch = Epoch(1)});
  c_.Step(1);
  ExpectViolation(12, "hands over to a target that does not have everything");
}

TEST_F(LimitsTest, AHandOverWhoseUsersGoOn) {
  c_.Step(1, raft::event::PauseConfirmed{.epoch = Epoch(1)});
  c_.Emit(1, raft::effect::Pause{Epoch(1)});
  c_.Send(1, 2, raft::TimeoutNow{.epoch = Epoch(1)});
  c_.Step(1);
  ExpectViolation(12, "hands over while its users may still propose");
}

// 13: every node waits for some event, and no node spins.

TEST_F(LimitsTest, NoTimer) {
  c_.Facts(3).deadline = kNever;
  c_.Step(3);
  ExpectViolation(13, "waits for nothing");
}

TEST_F(LimitsTest, TooMuchWork) {
  for (int64_t step = 0; step < kMaxStepsPerSecond; ++step) c_.Step(3);
  ExpectViolation(13, "takes 20000 steps in a second");
}

TEST_F(LimitsTest, APreVoteThatMovesATimer) {
  c_.Facts(3).deadline += milliseconds(1);
  c_.Receive(3, 2,
             VoteRequest{.epoch = Epoch(2), .candidate = FakeCluster::KeyOf(2), .pre_vote = true});
  ExpectViolation(13, "a pre-vote changed its epoch, vote, role or timer");
}

// In the same step, a leader may send the high watermark to its followers and set a new deadline
// for its own work.
TEST_F(LimitsTest, APreVoteWhileALeaderGoesOnWithItsWork) {
  c_.Facts(1).deadline += milliseconds(1);
  c_.Receive(1, 2,
             VoteRequest{.epoch = Epoch(2), .candidate = FakeCluster::KeyOf(2), .pre_vote = true});
  EXPECT_EQ(c_.Violated(), "");
}

class QuorumTest : public LimitsTest {
 protected:
  // Passes time until the leader checks its quorum. Meanwhile its peers answer heartbeats and send
  // nothing else.
  void PassTimeout() {
    for (int beat = 0; beat < 15; ++beat) {
      c_.Pass(milliseconds(100));
      for (const int peer : {2, 3}) c_.Receive(1, peer, HeartbeatResponse{.epoch = Epoch(1)});
    }
    c_.Step(1, raft::event::Wake{});
  }
};

TEST_F(QuorumTest, PeersThatHaveEverythingNeedOnlyAnswerHeartbeats) {
  c_.Replicate(1, 3);
  for (PeerFacts& peer : c_.Facts(1).peers) {
    peer.match_index = LogIndex(3);
    peer.next_index = LogIndex(4);
  }
  PassTimeout();
  EXPECT_EQ(c_.Violated(), "");
}

TEST_F(QuorumTest, PeersThatAcknowledgeNothingAreNoQuorum) {
  PassTimeout();
  ExpectViolation(13, "leads on though no majority has worked for a timeout");
}

TEST_F(QuorumTest, PeersThatSayNothingAreNoQuorum) {
  c_.Pass(milliseconds(1200));
  c_.Step(1, raft::event::Wake{});
  ExpectViolation(13, "leads on though no majority has worked for a timeout");
}

TEST_F(QuorumTest, ADiskThatFinishesNothing) {
  c_.Append(1, "c");
  c_.Replicate(1, 2);
  c_.Replicate(1, 3);
  for (PeerFacts& peer : c_.Facts(1).peers) peer.next_index = LogIndex(5);
  for (PeerFacts& peer : c_.Facts(1).peers) peer.match_index = LogIndex(4);
  PassTimeout();
  ExpectViolation(13, "leads on though its disk has finished nothing for a timeout");
}

// 14: a stranger's message changes nothing.

class StrangerTest : public LimitsTest {
 protected:
  void ReceiveFromStranger(int node, raft::Message message) {
    c_.Receive(node, /*from=*/90, std::move(message));
  }
};

TEST_F(StrangerTest, ThatMovesALeader) {
  c_.Facts(3).leader_of_epoch.reset();
  ReceiveFromStranger(3, raft::Heartbeat{.epoch = Epoch(1)});
  ExpectViolation(14, "a stranger moves its role or leader: Heartbeat");
}

TEST_F(StrangerTest, ThatEndsARead) {
  c_.Step(3, raft::event::StartRead{.token = 1});
  c_.Emit(3, raft::effect::ReadFailed{.token = 1});
  ReceiveFromStranger(3, raft::ReadIndexResponse{.token = 1});
  ExpectViolation(14, "a stranger moves its reads: ReadIndexResponse");
}

}  // namespace
}  // namespace quorate::sim
