// Each test violates one invariant by hand, in one of the ways that the checks detect.
#include "tests/sim/checks/invariants.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/checks/fake_cluster.h"

namespace quorate::sim {
namespace {

using raft::AppendRequest;
using raft::AppendResponse;
using raft::EntryType;
using raft::Heartbeat;
using raft::HeartbeatResponse;
using raft::LogWrite;
using raft::VoteRequest;
using raft::VoteResponse;
using ::testing::StartsWith;

class InvariantsTest : public ::testing::Test {
 protected:
  void ExpectViolation(int invariant, const std::string& what) {
    EXPECT_THAT(c_.Violated(), StartsWith(std::to_string(invariant) + ": " + what));
  }
  static VoteRequest Ask(int candidate, int32_t epoch, int64_t last_index, int32_t last_epoch) {
    return {.epoch = Epoch(epoch),
            .candidate = FakeCluster::KeyOf(candidate),
            .last_epoch = Epoch(last_epoch),
            .last_index = LogIndex(last_index)};
  }
  static VoteResponse Grant(int32_t epoch) {
    return {.epoch = Epoch(epoch), .requested_epoch = Epoch(epoch), .granted = true};
  }

  FakeCluster c_;
};

TEST_F(InvariantsTest, HoldInAHealthyCluster) {
  c_.MakeHistory();
  c_.ReplaceLeader();
  c_.Sync(2);
  c_.Replicate(2, 3);
  c_.Commit(2, 4);
  EXPECT_EQ(c_.Violated(), "");
  EXPECT_EQ(c_.invariants().cluster().committed_index(), LogIndex(4));
  EXPECT_EQ(c_.invariants().cluster().elections(), 2u);
}

// 1: each epoch has at most one leader, and each vote is given once.

TEST_F(InvariantsTest, TwoLeadersOfOneEpoch) {
  c_.MakeHistory();
  c_.Facts(3).role = RoleKind::kLeader;
  c_.Facts(3).leader_of_epoch = NodeId(1);
  c_.Step(3);
  ExpectViolation(1, "leads epoch 1, which another leads");
}

TEST_F(InvariantsTest, ALeaderThatLeadsOnAfterARestart) {
  c_.MakeHistory();
  c_.Restart(1);
  c_.Facts(1).role = RoleKind::kLeader;
  c_.Facts(1).leader_of_epoch = NodeId(1);
  c_.Step(1);
  ExpectViolation(1, "leads epoch 1, which another leads, or this node before it restarted");
}

TEST_F(InvariantsTest, ALeaderWithoutAMajorityOfDurableVotes) {
  c_.WriteHardState(1, 1, 1);
  c_.Receive(1, 2, VoteResponse{.requested_epoch = Epoch(1), .granted = true, .pre_vote = true});
  c_.Sync(1);
  c_.Facts(1).role = RoleKind::kLeader;
  c_.Facts(1).leader_of_epoch = NodeId(1);
  c_.Step(1);
  ExpectViolation(1, "leads epoch 1 on 1 durable votes");
}

TEST_F(InvariantsTest, TwoOpinionsOnWhoLeads) {
  c_.MakeHistory();
  c_.Restart(3);
  c_.Facts(3).leader_of_epoch = NodeId(2);
  c_.Step(3);
  ExpectViolation(1, "takes 2 for the leader of epoch 1, which 1 leads");
}

TEST_F(InvariantsTest, AVoteThatChanges) {
  c_.WriteHardState(3, 1, 1);
  c_.Step(3);
  c_.WriteHardState(3, 1, 2);
  c_.Step(3);
  ExpectViolation(1, "its vote changed");
}

TEST_F(InvariantsTest, AVoteThatIsForgottenByARestart) {
  c_.WriteHardState(3, 1, 1);
  c_.Step(3);
  c_.Sync(3);
  c_.Facts(3).hard_state.vote.reset();
  c_.Restart(3);
  ExpectViolation(2, "opened a disk with epoch 1, vote none");
}

TEST_F(InvariantsTest, ANodeThatStandsUnasked) {
  c_.WriteHardState(1, 1, 1);
  c_.Step(1);
  ExpectViolation(1, "stands in epoch 1 without a majority of pre-votes");
}

TEST_F(InvariantsTest, APreVoteForAnotherEpochIsNone) {
  c_.Receive(1, 2, VoteResponse{.requested_epoch = Epoch(7), .granted = true, .pre_vote = true});
  c_.WriteHardState(1, 1, 1);
  c_.Step(1);
  ExpectViolation(1, "stands in epoch 1 without a majority of pre-votes");
}

TEST_F(InvariantsTest, AnOverrideThatNobodyOrdered) {
  VoteRequest request = Ask(1, 1, 0, 0);
  request.transfer = true;
  c_.WriteHardState(1, 1, 1);
  c_.Send(1, 2, request);
  c_.Receive(1, 2, VoteResponse{.requested_epoch = Epoch(1), .granted = true, .pre_vote = true});
  ExpectViolation(1, "overrides live leaders");
}

TEST_F(InvariantsTest, AVoteAgainstALiveLeader) {
  c_.MakeHistory();
  c_.Receive(2, 1, Heartbeat{.epoch = Epoch(1)});
  VoteRequest request = Ask(3, 2, 3, 1);
  request.pre_vote = true;
  c_.Reply(2, 3, VoteResponse{.requested_epoch = Epoch(2), .granted = true, .pre_vote = true});
  c_.Receive(2, 3, request);
  ExpectViolation(1, "helps to depose a live leader");
}

TEST_F(InvariantsTest, AVoteOnceTheLeaderIsGoneIsRight) {
  c_.MakeHistory();
  c_.Receive(2, 1, Heartbeat{.epoch = Epoch(1)});
  c_.Step(2, raft::event::PeerDead{.peer = NodeId(1)});
  VoteRequest request = Ask(3, 2, 3, 1);
  request.pre_vote = true;
  c_.Reply(2, 3, VoteResponse{.requested_epoch = Epoch(2), .granted = true, .pre_vote = true});
  c_.Receive(2, 3, request);
  EXPECT_EQ(c_.Violated(), "");
}

// 2: durable and committed state never goes back.

TEST_F(InvariantsTest, AnEpochThatFalls) {
  c_.MakeHistory();
  c_.WriteHardState(3, 0, std::nullopt);
  c_.Step(3);
  ExpectViolation(2, "its epoch fell");
}

TEST_F(InvariantsTest, ADiskThatComesBackShorter) {
  c_.MakeHistory();
  c_.Facts(2).last_index = LogIndex(2);
  c_.Facts(2).last = EntryMark::Of(*c_.At(2).log[1]);
  c_.Restart(2);
  ExpectViolation(2, "opened a disk with epoch 1, vote 1 and a log up to 2@1, after");
}

TEST_F(InvariantsTest, AWriteThatWasUnderWayMayHaveReachedTheDisk) {
  c_.MakeHistory();
  c_.Append(1, "c");
  c_.Restart(1);
  EXPECT_EQ(c_.Violated(), "");
}

TEST_F(InvariantsTest, ACommitIndexThatFalls) {
  c_.MakeHistory();
  c_.Commit(2, 2);
  ExpectViolation(2, "its commit index fell");
}

TEST_F(InvariantsTest, AnEpochThatIsNotWritten) {
  c_.Facts(2).hard_state.epoch = Epoch(1);
  c_.Step(2);
  ExpectViolation(2, "acts on an epoch or a vote that it does not write");
}

TEST_F(InvariantsTest, ANodeThatGivesUpForNothing) {
  c_.Emit(2, raft::effect::Fatal{absl::DataLossError("lost")});
  c_.Step(2);
  ExpectViolation(2, "gives up: DATA_LOSS: lost");
}

TEST_F(InvariantsTest, ANodeWhoseDiskIsDamagedMayGiveUp) {
  c_.invariants().MayGiveUp(FakeCluster::KeyOf(2));
  c_.Emit(2, raft::effect::Fatal{absl::DataLossError("lost")});
  c_.Step(2);
  EXPECT_EQ(c_.Violated(), "");
}

// 3: logs are contiguous, and entries with the same index and epoch are equal.

TEST_F(InvariantsTest, AGapInALog) {
  c_.MakeHistory();
  c_.Write(3, {.entries = {c_.MakeEntry(2, 1, "x")}});
  c_.Step(3);
  ExpectViolation(3, "writes index 4 after 2");
}

TEST_F(InvariantsTest, AnEntryThatDoesNotFollow) {
  c_.MakeHistory();
  raft::EntryHeader header = c_.At(1).log[2]->header();
  header.prev_checksum = 7;
  c_.Write(3, {.entries = {raft::Entry::Make(header, "b")}});
  c_.Step(3);
  ExpectViolation(3, "writes an entry that does not follow");
}

TEST_F(InvariantsTest, AnEpochAboveTheNodesOwn) {
  c_.MakeHistory();
  c_.Write(3, {.entries = {c_.MakeEntry(3, 2, "", EntryType::kBarrier)}});
  c_.Step(3);
  ExpectViolation(3, "epochs of a log fall, or pass the node's own");
}

TEST_F(InvariantsTest, AnAppendTimeThatRunsBackwards) {
  c_.MakeHistory();
  raft::EntryHeader header = c_.MakeEntry(1, 1, "c")->header();
  header.append_time_ms = 0;
  c_.Write(1, {.entries = {raft::Entry::Make(header, "c")}});
  c_.Step(1, raft::event::Propose{{raft::Proposal{.expected_epoch = Epoch(1), .payload = "c"}}});
  ExpectViolation(3, "an append time is before the one before it");
}

TEST_F(InvariantsTest, TwoEntriesOfOneIndexAndEpoch) {
  c_.MakeHistory();
  c_.Write(3, {.entries = {c_.MakeEntry(3, 1, "another")}});
  c_.Step(3);
  ExpectViolation(3, "two entries of one index and epoch differ (entry 3@1)");
}

TEST_F(InvariantsTest, AnEntryThatNoLeaderWrote) {
  c_.MakeHistory();
  c_.Write(2, {.entries = {c_.MakeEntry(2, 1, "made up")}});
  c_.Step(2);
  ExpectViolation(3, "an entry that no leader wrote (entry 4@1)");
}

TEST_F(InvariantsTest, ALogThatIsNotWhatWasWritten) {
  c_.MakeHistory();
  c_.Facts(2).last_index = LogIndex(9);
  c_.Step(2);
  ExpectViolation(3, "its log ends at 9, what it wrote at 3");
}

TEST_F(InvariantsTest, AnAppendOfWhatTheLeaderDoesNotHold) {
  c_.MakeHistory();
  const raft::EntryPtr entry = c_.MakeEntry(3, 1, "another");
  c_.Send(1, 3,
          AppendRequest{.epoch = Epoch(1),
                        .prev_index = LogIndex(2),
                        .prev_epoch = Epoch(1),
                        .entries = {entry}});
  c_.Step(1);
  ExpectViolation(3, "sends entries that its log does not hold: AppendRequest");
}

// 4: leaders have all committed entries, and neither truncate nor load snapshots.

TEST_F(InvariantsTest, ALeaderThatLacksACommittedEntry) {
  c_.MakeHistory();
  c_.Restart(1);
  c_.Restart(2);
  c_.Elect(3, 1, 2);
  ExpectViolation(4, "grants a vote to a log older than its own");
}

TEST_F(InvariantsTest, ALeaderByVotesThatNobodyShouldHaveGiven) {
  c_.MakeHistory();
  c_.Restart(1);
  c_.WriteHardState(1, 2, 3);
  c_.Step(1);
  c_.Sync(1);
  c_.Receive(3, 1, VoteResponse{.requested_epoch = Epoch(2), .granted = true, .pre_vote = true});
  c_.WriteHardState(3, 2, 3);
  c_.Step(3);
  c_.Sync(3);
  c_.Facts(3).role = RoleKind::kLeader;
  c_.Facts(3).leader_of_epoch = NodeId(3);
  c_.Step(3);
  ExpectViolation(4, "leads epoch 2 without all that is committed");
}

TEST_F(InvariantsTest, ACandidateThatBoasts) {
  c_.WriteHardState(1, 1, 1);
  c_.Send(1, 2, Ask(1, 1, 5, 0));
  c_.Receive(1, 2, VoteResponse{.requested_epoch = Epoch(1), .granted = true, .pre_vote = true});
  ExpectViolation(4, "asks for votes with a log or a name not its own");
}

TEST_F(InvariantsTest, ALeaderThatTruncates) {
  c_.MakeHistory();
  c_.Append(1, "c");
  c_.Write(1, {.truncate_after = LogIndex(3)});
  c_.Step(1);
  ExpectViolation(4, "truncates its log while it leads from index 4 on");
}

TEST_F(InvariantsTest, ALeaderThatLoadsASnapshot) {
  c_.MakeHistory();
  c_.Emit(1, raft::effect::Persist{LogWrite{
                 .id = 99, .install_snapshot = raft::SnapshotMeta{.last_index = LogIndex(9)}}});
  c_.Step(1);
  ExpectViolation(4, "loads a snapshot while it leads");
}

// 5: a committed entry is on the disks of a quorum, and stays committed.

TEST_F(InvariantsTest, ACommitOnAMinority) {
  c_.MakeHistory();
  c_.Append(1, "c");
  c_.Sync(1);
  c_.Commit(1, 4);
  ExpectViolation(5, "commits index 4, which is durable on 1 of 3 voters");
}

TEST_F(InvariantsTest, ACommitThatCountsWhatIsNotYetDurable) {
  c_.MakeHistory();
  c_.Append(1, "c");
  c_.Replicate(1, 2);
  c_.Commit(1, 4);
  ExpectViolation(5, "commits index 4, which is durable on 1 of 3 voters");
}

TEST_F(InvariantsTest, AFollowerThatCommitsAhead) {
  c_.MakeHistory();
  c_.Append(1, "c");
  c_.Replicate(1, 2);
  c_.Commit(2, 4);
  ExpectViolation(5, "commits what no leader has committed");
}

TEST_F(InvariantsTest, AFollowerThatCommitsAnotherEntry) {
  c_.MakeHistory();
  c_.Append(1, "only here");
  c_.Sync(1);
  c_.ReplaceLeader();
  c_.Sync(2);
  c_.Replicate(2, 3);
  c_.Commit(2, 4);
  c_.Commit(1, 4);
  ExpectViolation(5, "commits another entry than was committed (index 4)");
}

TEST_F(InvariantsTest, AFollowerThatCommitsBeyondItsLog) {
  c_.MakeHistory();
  c_.Commit(3, 3);
  ExpectViolation(5, "commits beyond its log");
}

TEST_F(InvariantsTest, AFollowerThatCommitsMoreThanTheMessageProves) {
  c_.MakeHistory();
  c_.Replicate(1, 3);
  c_.Facts(3).commit_index = LogIndex(3);
  c_.Receive(3, 1, AppendRequest{.epoch = Epoch(1), .prev_index = LogIndex(2)});
  ExpectViolation(5, "commits more than the leader's message proves");
}

TEST_F(InvariantsTest, ATruncationOfWhatIsCommitted) {
  c_.MakeHistory();
  c_.ReplaceLeader();
  c_.Write(3, {.truncate_after = LogIndex(1)});
  c_.Step(3);
  ExpectViolation(5, "truncates what is committed from index 2 on");
}

TEST_F(InvariantsTest, ATruncationOfWhatTheLeaderCountsOn) {
  c_.MakeHistory();
  c_.Append(1, "c");
  c_.Replicate(1, 2);
  c_.Write(2, {.truncate_after = LogIndex(3)});
  c_.Step(2);
  ExpectViolation(5, "truncates what it acknowledged to this leader from index 4 on");
}

TEST_F(InvariantsTest, AHeartbeatThatTellsTooMuch) {
  c_.MakeHistory();
  c_.Send(1, 3, Heartbeat{.epoch = Epoch(1), .commit_index = LogIndex(3)});
  c_.Step(1);
  ExpectViolation(5, "tells a peer to commit what it may not have: Heartbeat");
}

// 6: what a node sends depends only on what is durable there.

TEST_F(InvariantsTest, AnAcknowledgementBeforeTheEntryIsDurable) {
  c_.MakeHistory();
  c_.Write(3, {.entries = {c_.At(1).log[2]}});
  c_.Reply(3, 1, AppendResponse{.epoch = Epoch(1), .success = true, .match_index = LogIndex(3)});
  c_.Receive(3, 1, AppendRequest{.epoch = Epoch(1), .prev_index = LogIndex(3)});
  ExpectViolation(6, "acknowledges what is not on its disk: AppendResponse");
}

TEST_F(InvariantsTest, AnAcknowledgementBeforeTheEpochIsDurable) {
  c_.Elect(1, 2, 1);
  c_.WriteHardState(3, 1, std::nullopt);
  c_.Reply(3, 1, AppendResponse{.epoch = Epoch(1), .success = true});
  c_.Receive(3, 1, AppendRequest{.epoch = Epoch(1)});
  ExpectViolation(6, "acknowledges what is not on its disk: AppendResponse");
}

TEST_F(InvariantsTest, AnAcknowledgementOfWhatTheLeaderDoesNotHave) {
  c_.MakeHistory();
  c_.Append(1, "only here");
  c_.Sync(1);
  c_.ReplaceLeader();
  c_.WriteHardState(1, 2, std::nullopt);
  c_.Step(1);
  c_.Sync(1);
  c_.Reply(1, 2, AppendResponse{.epoch = Epoch(2), .success = true, .match_index = LogIndex(4)});
  c_.Receive(1, 2, AppendRequest{.epoch = Epoch(2), .prev_index = LogIndex(4)});
  ExpectViolation(6, "acknowledges what the leader does not have: AppendResponse");
}

TEST_F(InvariantsTest, AnAcknowledgementOfMoreThanWasSent) {
  c_.MakeHistory();
  c_.Reply(2, 1, AppendResponse{.epoch = Epoch(1), .success = true, .match_index = LogIndex(3)});
  c_.Receive(2, 1, AppendRequest{.epoch = Epoch(1), .prev_index = LogIndex(2)});
  ExpectViolation(6, "acknowledges another end than that of what was sent: AppendResponse");
}

TEST_F(InvariantsTest, AVoteBeforeItIsDurable) {
  c_.WriteHardState(2, 1, 1);
  c_.Reply(2, 1, Grant(1));
  c_.Receive(2, 1, Ask(1, 1, 0, 0));
  ExpectViolation(6, "grants a vote that is not on its disk: VoteResponse");
}

TEST_F(InvariantsTest, AVoteThatTheDiskGaveToAnother) {
  c_.WriteHardState(2, 1, 3);
  c_.Receive(2, 3, Ask(3, 1, 0, 0));
  c_.Sync(2);
  c_.Reply(2, 1, Grant(1));
  c_.Receive(2, 1, Ask(1, 1, 0, 0));
  ExpectViolation(6, "grants a vote that is not on its disk: VoteResponse");
}

TEST_F(InvariantsTest, AReadConfirmedInAnEpochThatIsNotDurable) {
  c_.Elect(1, 2, 1);
  c_.WriteHardState(3, 1, std::nullopt);
  c_.Reply(3, 1, HeartbeatResponse{.epoch = Epoch(1), .read_sequence = 1});
  c_.Receive(3, 1, Heartbeat{.epoch = Epoch(1), .read_sequence = 1});
  ExpectViolation(6, "follows in an epoch that is not on its disk: HeartbeatResponse");
}

TEST_F(InvariantsTest, ALogTakenForDurableBeforeItIs) {
  c_.MakeHistory();
  c_.Append(1, "c");
  c_.Facts(1).durable_index = LogIndex(4);
  c_.Step(1);
  ExpectViolation(6, "takes its log for durable up to 4");
}

// 7: entries of earlier epochs are committed by the barrier of a later epoch.

TEST_F(InvariantsTest, ACommitOfAnEarlierEpochsEntryByCounting) {
  c_.MakeHistory();
  c_.Append(1, "c");
  c_.Replicate(1, 2);
  c_.ReplaceLeader();
  c_.Sync(2);
  c_.Replicate(2, 3);
  c_.Commit(2, 4);
  ExpectViolation(7, "commits an earlier epoch's entry by counting (index 4)");
}

TEST_F(InvariantsTest, AnEpochWithoutABarrier) {
  c_.MakeHistory();
  c_.WriteHardState(3, 2, std::nullopt);
  c_.Write(3, {.entries = {c_.MakeEntry(3, 2, "no barrier")}});
  c_.Step(3);
  ExpectViolation(7, "an epoch begins with its barrier, and has one only (entry 3@2)");
}

// 8: all nodes deliver the same entries.

TEST_F(InvariantsTest, ADeliveryOfAnotherEntry) {
  c_.MakeHistory();
  c_.invariants().OnDelivered(FakeCluster::KeyOf(1), {c_.At(1).log[0], c_.At(1).log[1]});
  EXPECT_EQ(c_.Violated(), "");
  c_.invariants().OnDelivered(FakeCluster::KeyOf(1), {c_.MakeEntry(3, 1, "another")});
  ExpectViolation(8, "delivers another entry 3");
}

TEST_F(InvariantsTest, ADeliveryTwice) {
  c_.MakeHistory();
  c_.invariants().OnDelivered(FakeCluster::KeyOf(1), {c_.At(1).log[0], c_.At(1).log[0]});
  ExpectViolation(8, "delivers another entry 1");
}

// 9: the last Voters entry of a log is in effect, and voters change one at a time.

class VotersTest : public InvariantsTest {
 protected:
  const raft::VoterSet four_{{{.key = FakeCluster::KeyOf(1)},
                              {.key = FakeCluster::KeyOf(2)},
                              {.key = FakeCluster::KeyOf(3)},
                              {.key = FakeCluster::KeyOf(4)}}};
  const raft::VoterSet three_{{{.key = FakeCluster::KeyOf(1)},
                               {.key = FakeCluster::KeyOf(2)},
                               {.key = FakeCluster::KeyOf(4)}}};
};

TEST_F(VotersTest, OneAfterTheOther) {
  c_.MakeHistory();
  c_.ChangeVoters(1, four_);
  c_.Sync(1);
  c_.Replicate(1, 2);
  c_.Replicate(1, 3);
  c_.Commit(1, 4);
  c_.ChangeVoters(1, three_);
  EXPECT_EQ(c_.Violated(), "");
}

TEST_F(VotersTest, TwoChangesAtOnce) {
  c_.MakeHistory();
  c_.ChangeVoters(1, four_);
  c_.ChangeVoters(1, three_);
  ExpectViolation(9, "two changes of the voters at once");
}

TEST_F(VotersTest, SetsThatCouldDecideApart) {
  c_.MakeHistory();
  const raft::VoterSet far({{.key = FakeCluster::KeyOf(1)},
                            {.key = FakeCluster::KeyOf(4)},
                            {.key = FakeCluster::KeyOf(5)}});
  c_.ChangeVoters(1, far);
  ExpectViolation(9, "the voters of index 4 could decide without those before them");
}

TEST_F(VotersTest, AnotherSetThanTheLogs) {
  c_.MakeHistory();
  c_.Facts(2).voters_index = LogIndex(2);
  c_.Step(2);
  ExpectViolation(9, "is governed by the voters of index 2, its log says 0");
}

TEST_F(VotersTest, ANewMajorityMustHaveIt) {
  c_.MakeHistory();
  c_.ChangeVoters(1, four_);
  c_.Sync(1);
  c_.Replicate(1, 2);
  c_.Commit(1, 4);
  ExpectViolation(5, "commits index 4, which is durable on 2 of 4 voters");
}

}  // namespace
}  // namespace quorate::sim
