// Bugs that other systems shipped, each as a rule that this system keeps. (More of them are next to
// the class that keeps them.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "raft/testing/lone_core.h"

namespace quorate::raft {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

template <typename R>
bool Is(LoneCore& node) {
  return std::holds_alternative<R>(node.core().role());
}

Token Read(LoneCore& node, Token token = 1) {
  node.Step(event::StartRead{.token = token, .deadline = node.now() + std::chrono::seconds(60)});
  return token;
}

AppendRequest MakeAppend(LoneCore& node, int64_t prev_index, const std::vector<int32_t>& epochs) {
  return {.epoch = Epoch(9),
          .sequence = 1,
          .prev_index = LogIndex(prev_index),
          .prev_epoch = *node.core().log().EpochAt(LogIndex(prev_index)),
          .entries = node.MakeEntries(prev_index + 1, epochs)};
}

ReplicaKey WipedKeyOf(int id) {
  return {.node_id = NodeId(id), .directory_id = LoneCore::KeyOf(id + 18).directory_id};
}

// etcd #7331, #12680, KAFKA-12619.
TEST(LessonsTest, ANewLeaderReadsAndClaimsNothingBeforeItsBarrierIsCommitted) {
  LoneCore node(3, {1, 1});
  node.BecomeLeader();
  Read(node);
  node.Receive(2, HeartbeatResponse{.epoch = node.core().epoch(), .read_sequence = 1});
  EXPECT_THAT(node.TakeEffects<effect::ReadReady>(), IsEmpty());
  EXPECT_THAT(node.TakeEffects<effect::Claim>(), IsEmpty());
  node.Acknowledge(2);
  EXPECT_THAT(node.TakeEffects<effect::Claim>(), SizeIs(1));
  node.Receive(2, HeartbeatResponse{.epoch = node.core().epoch(), .read_sequence = 1});
  const auto ready = node.TakeEffects<effect::ReadReady>();
  ASSERT_THAT(ready, SizeIs(1));
  EXPECT_EQ(ready[0].index, LogIndex(3));
}

// etcd raft #105: a restarted single voter answered from a stale commit index.
TEST(LessonsTest, ASingleVoterToo) {
  LoneCore node(1, {1, 1});
  ASSERT_FALSE(Is<Leader>(node)) << "its vote for itself is not durable";
  Read(node);
  node.Sync();
  ASSERT_TRUE(Is<Leader>(node));
  const auto ready = node.TakeEffects<effect::ReadReady>();
  ASSERT_THAT(ready, SizeIs(1));
  EXPECT_EQ(ready[0].index, LogIndex(3));
}

// etcd #14370: a single voter acknowledged before its disk had the entry.
TEST(LessonsTest, ASingleVoterCommitsOnlyWhatIsDurable) {
  LoneCore node(1);
  node.Sync();
  node.Propose("a");
  EXPECT_EQ(node.core().log().commit_index(), LogIndex(1));
  node.Sync();
  EXPECT_EQ(node.core().log().commit_index(), LogIndex(2));
}

// etcd #20418: answers to earlier heartbeats confirmed a later read.
TEST(LessonsTest, OnlyAHeartbeatSentAfterTheReadConfirmsIt) {
  LoneCore node;
  node.BecomeClaimedLeader();
  node.TakeSent<Heartbeat>(2);
  Read(node);
  const std::vector<Heartbeat> heartbeats = node.TakeSent<Heartbeat>(2);
  ASSERT_THAT(heartbeats, SizeIs(1)) << "asked at once";
  const int64_t sequence = heartbeats[0].read_sequence;
  node.Receive(2, HeartbeatResponse{.epoch = node.core().epoch(), .read_sequence = sequence - 1});
  EXPECT_THAT(node.TakeEffects<effect::ReadReady>(), IsEmpty());
  node.Receive(2, HeartbeatResponse{.epoch = node.core().epoch(), .read_sequence = sequence});
  EXPECT_THAT(node.TakeEffects<effect::ReadReady>(), SizeIs(1));
}

// Found by the simulator's checks. A node led again, in an epoch that a follower had entered
// before. It took that follower's refusal of an old heartbeat for an answer to a new one.
TEST(LessonsTest, ARefusedHeartbeatConfirmsNoRead) {
  LoneCore node(3, {2});
  node.Receive(2, Heartbeat{.epoch = Epoch(1), .read_sequence = 9});
  const auto refusal = node.TakeReply<HeartbeatResponse>();
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->epoch, Epoch(2));
  EXPECT_EQ(refusal->read_sequence, 0);
}

// etcd raft 816fc51: a node that was removed won through TimeoutNow.
TEST(LessonsTest, ANodeThatIsNoVoterNeverStands) {
  LoneCore node(3);
  std::vector<Voter> others;
  for (const int id : {2, 3, 4}) others.push_back({.key = LoneCore::KeyOf(id)});
  const EntryPtr voters =
      Entry::Make({.type = EntryType::kVoters, .epoch = Epoch(1), .index = LogIndex(1)},
                  VoterSet(others).Encode());
  node.Receive(
      2, AppendRequest{
             .epoch = Epoch(1), .sequence = 1, .commit_index = LogIndex(1), .entries = {voters}});
  node.Sync();
  EXPECT_TRUE(node.TakeReply<AppendResponse>()->success) << "it still stores and acknowledges";
  node.Receive(2, TimeoutNow{.epoch = Epoch(1)});
  EXPECT_TRUE(Is<Follower>(node));
  node.Advance(std::chrono::seconds(5));
  EXPECT_TRUE(Is<Follower>(node));
  // etcd raft abb533c: this node may have become a voter again by entries that it has not received
  // yet, and their leader died. A voter judges the request, not its own role.
  node.Receive(2, VoteRequest{.epoch = Epoch(8),
                              .candidate = LoneCore::KeyOf(2),
                              .last_epoch = Epoch(8),
                              .last_index = LogIndex(8)});
  node.Sync();
  EXPECT_TRUE(node.TakeReply<VoteResponse>()->granted);
}

// The same holds for the candidate. One from a newer voter set is unknown here, and shows that set.
TEST(LessonsTest, ACandidateThatThisLogDoesNotKnowYetIsJudgedByItsLog) {
  LoneCore node(3, {1});
  node.Receive(
      7,
      VoteRequest{.epoch = Epoch(2),
                  .candidate = LoneCore::KeyOf(7),
                  .last_epoch = Epoch(1),
                  .last_index = LogIndex(2),
                  .voters = VoterSet({{.key = LoneCore::KeyOf(1)}, {.key = LoneCore::KeyOf(7)}})});
  node.Sync();
  EXPECT_TRUE(node.TakeReply<VoteResponse>()->granted);
}

// It also holds for a candidate whose replaced directory this log does not know yet. Only a voter
// of its own log stands for election, so its log has the replacement.
TEST(LessonsTest, AKnownNodeWithAnotherDirectoryIsJudgedByItsLog) {
  LoneCore node(3, {1});
  node.Receive(
      WipedKeyOf(2),
      VoteRequest{.epoch = Epoch(2),
                  .candidate = WipedKeyOf(2),
                  .last_epoch = Epoch(1),
                  .last_index = LogIndex(2),
                  .voters = VoterSet({{.key = WipedKeyOf(2)}, {.key = LoneCore::KeyOf(3)}})});
  node.Sync();
  EXPECT_TRUE(node.TakeReply<VoteResponse>()->granted);
}

// TigerBeetle #2996, KIP-853: a wiped disk has forgotten its promises, so it is another replica.
TEST(LessonsTest, TheWordOfAnotherDirectoryDoesNotCountForTheVoters) {
  LoneCore node;
  node.BecomeLeader();
  const ReplicaKey wiped = WipedKeyOf(2);
  node.Step(event::StreamUp{.peer = NodeId(2), .stream = StreamClass::kAppend, .key = wiped});
  node.Step(event::StreamUp{.peer = NodeId(2), .stream = StreamClass::kControl, .key = wiped});
  node.Acknowledge(2);
  EXPECT_EQ(node.core().log().commit_index(), LogIndex(0));
  node.Acknowledge(3);
  EXPECT_EQ(node.core().log().commit_index(), LogIndex(1));
  node.TakeSent<Heartbeat>(2);
  Read(node);
  node.Receive(2, HeartbeatResponse{.epoch = node.core().epoch(), .read_sequence = 1});
  EXPECT_THAT(node.TakeEffects<effect::ReadReady>(), IsEmpty());
}

TEST(LessonsTest, AVoteOfAnotherDirectoryDoesNotCount) {
  LoneCore node(3, {1});
  const ReplicaKey wiped = WipedKeyOf(2);
  node.Step(event::StreamUp{.peer = NodeId(2), .stream = StreamClass::kControl, .key = wiped});
  node.MeetDeadline();
  ASSERT_TRUE(Is<Prospective>(node));
  EXPECT_THAT(node.TakeSent<VoteRequest>(2), IsEmpty());
  node.Receive(
      2, VoteResponse{
             .epoch = Epoch(1), .requested_epoch = Epoch(2), .granted = true, .pre_vote = true});
  EXPECT_TRUE(Is<Prospective>(node));
}

// hashicorp 0f31a01, Redpanda #17731: a duplicate truncated the entries after it.
TEST(LessonsTest, ADuplicateTruncatesNothing) {
  LoneCore node(3, {1, 1, 1, 1});
  node.Receive(2, MakeAppend(node, 1, {1}));
  node.Receive(2, MakeAppend(node, 1, {}));
  EXPECT_EQ(node.core().log().last_index(), LogIndex(4));
}

// Redpanda d0e45c0baf: a stale append was acknowledged with the end of the log.
TEST(LessonsTest, NoMoreIsAcknowledgedThanWasSent) {
  LoneCore node(3, {1, 1, 1, 1});
  node.Receive(2, MakeAppend(node, 2, {}));
  node.Sync();
  const auto response = node.TakeReply<AppendResponse>();
  EXPECT_TRUE(response->success);
  EXPECT_EQ(response->match_index, LogIndex(2));
}

// An acknowledgement waits for the disk and, as in etcd raft, for the right write of an index.
TEST(LessonsTest, AnAcknowledgementWaitsForTheWriteOfItsOwnEntries) {
  LoneCore node(3, {1, 1});
  node.Receive(2, MakeAppend(node, 2, {5, 5}));
  EXPECT_FALSE(node.TakeReply<AppendResponse>().has_value());
  AppendRequest other = MakeAppend(node, 2, {8, 8});
  other.epoch = Epoch(10);
  node.Receive(3, other);
  EXPECT_FALSE(node.TakeReply<AppendResponse>().has_value());
  node.Sync();
  const auto response = node.TakeReply<AppendResponse>();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->epoch, Epoch(10)) << "the one of epoch 9 waits forever";
  EXPECT_EQ(node.core().log().EpochAt(LogIndex(3)), Epoch(8));
}

// Redpanda 9ff1818afd: a vote was erased at a step-down.
TEST(LessonsTest, AVoteOutlivesTheRole) {
  LoneCore node;
  node.BecomeLeader();
  const Epoch epoch = node.core().epoch();
  node.Step(event::Shutdown{});
  EXPECT_EQ(node.core().hard_state().epoch, epoch);
  EXPECT_EQ(node.core().hard_state().vote, LoneCore::KeyOf(1));
}

// openraft #1220: a refusal from the same epoch was counted as a vote.
TEST(LessonsTest, OnlyAGrantIsAGrant) {
  LoneCore node(5);
  node.MeetDeadline();
  for (const int peer : {2, 3}) {
    node.Receive(peer,
                 VoteResponse{.requested_epoch = Epoch(1), .granted = false, .pre_vote = true});
    node.Receive(peer,
                 VoteResponse{.requested_epoch = Epoch(7), .granted = true, .pre_vote = true});
  }
  EXPECT_TRUE(Is<Prospective>(node));
}

// Redpanda #11657, hashicorp #609: a pre-vote kept the voter from standing.
TEST(LessonsTest, APreVoteMovesNoTimer) {
  LoneCore node;
  const auto deadline = std::get<Follower>(node.core().role()).election_deadline;
  node.Advance(std::chrono::milliseconds(400));
  node.Receive(2,
               VoteRequest{.epoch = Epoch(1), .candidate = LoneCore::KeyOf(2), .pre_vote = true});
  EXPECT_TRUE(node.TakeReply<VoteResponse>()->granted);
  EXPECT_EQ(std::get<Follower>(node.core().role()).election_deadline, deadline);
}

// KAFKA-10527: a restarted leader continued in its old epoch.
TEST(LessonsTest, ARestartedLeaderFollows) {
  LoneCore node;
  node.BecomeClaimedLeader();
  const Epoch epoch = node.core().epoch();
  node.Restart();
  EXPECT_TRUE(Is<Follower>(node));
  EXPECT_EQ(node.core().leader(), std::nullopt);
  EXPECT_EQ(node.core().epoch(), epoch);
  node.BecomeLeader();
  EXPECT_GT(node.core().epoch(), epoch);
}

// KAFKA-15489, KAFKA-16144: check-quorum was wrong for a single voter.
TEST(LessonsTest, ASingleVoterAlwaysHasItsQuorum) {
  LoneCore node(1);
  node.Sync();
  node.Advance(std::chrono::seconds(10));
  EXPECT_TRUE(Is<Leader>(node));
}

// KAFKA-17751: a timer that was not reset spun the loop.
TEST(LessonsTest, ADeadlineThatIsMetMoves) {
  LoneCore node;
  for (int i = 0; i < 100; ++i) {
    const MonoTime before = node.now();
    node.MeetDeadline();
    node.MeetDeadline();
    EXPECT_GT(node.now(), before);
  }
}

// openraft #1795: a failed read of the log became a request.
TEST(LessonsTest, ALogThatCannotBeReadIsFatal) {
  RaftOptions options;
  options.cache_bytes = 1;
  LoneCore node(3, {1, 1, 1, 1}, options);
  node.HoldReads();
  node.BecomeLeader();
  const std::vector<AppendRequest> probes = node.TakeSent<AppendRequest>(2);
  ASSERT_THAT(probes, SizeIs(1));
  node.Receive(2, AppendResponse{.epoch = node.core().epoch(), .sequence = probes[0].sequence});
  const auto reads = node.TakeEffects<effect::ReadEntries>();
  ASSERT_THAT(reads, SizeIs(1));
  EXPECT_EQ(reads[0].from, LogIndex(1));
  node.Step(event::EntriesRead{.peer = LoneCore::KeyOf(2),
                               .epoch = node.core().epoch(),
                               .from = LogIndex(1),
                               .entries = absl::DataLossError("bad block")});
  const auto fatal = node.TakeEffects<effect::Fatal>();
  ASSERT_THAT(fatal, SizeIs(1));
  EXPECT_EQ(fatal[0].status.code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(node.core().stopped());
}

// braft 725242d: a candidate that failed kept raising its epoch.
TEST(LessonsTest, ACandidateThatFailsAsksAgainBeforeItRaisesItsEpoch) {
  LoneCore node;
  node.MeetDeadline();
  node.Receive(2, VoteResponse{.requested_epoch = Epoch(1), .granted = true, .pre_vote = true});
  ASSERT_TRUE(Is<Candidate>(node));
  node.Sync();
  node.Advance(std::chrono::seconds(20));
  EXPECT_EQ(node.core().epoch(), Epoch(1));
  EXPECT_TRUE(Is<Prospective>(node));
}

// ClickHouse #113654: a promise and the entries that depend on it reached the disk separately.
TEST(LessonsTest, AnEpochAndItsEntriesAreOneWrite) {
  LoneCore node(3, {1});
  node.Receive(2, MakeAppend(node, 1, {9}));
  node.Sync();
  node.Restart();
  EXPECT_EQ(node.core().epoch(), Epoch(9));
  EXPECT_EQ(node.core().log().last_index(), LogIndex(2));
}

// Redpanda 65068aa37b: the epoch ran backwards to below the log's epoch.
TEST(LessonsDeathTest, AnEpochBelowTheLogsIsRefused) {
  const VoterSet voters({Voter{.key = LoneCore::KeyOf(1)}});
  const RestoredLog restored{
      .hard_state = {.epoch = Epoch(2)},
      .last_index = LogIndex(1),
      .last_entry = Entry::Make({.epoch = Epoch(3), .index = LogIndex(1)}, ""),
      .epoch_starts = {{Epoch(3), LogIndex(1)}},
      .founding_voters = voters};
  RaftOptions options{.self = LoneCore::KeyOf(1), .configured_voters = {NodeId(1)}};
  EXPECT_DEATH(RaftCore(options, restored, 1), "Check failed");
}

// The disk hangs while nothing is to be written, so entries that users wait for never come.
TEST(LessonsTest, ALeaderWhoseDiskAnswersNoReadResigns) {
  LoneCore node;
  node.BecomeClaimedLeader();
  node.MeetDeadline({.reading_since = node.now()});
  EXPECT_TRUE(std::holds_alternative<Leader>(node.core().role()));
  node.MeetDeadline({.reading_since = node.now() - std::chrono::milliseconds(900)});
  EXPECT_TRUE(std::holds_alternative<Follower>(node.core().role()));
  EXPECT_THAT(node.TakeEffects<effect::SayGoodbye>(), SizeIs(1));
}

}  // namespace
}  // namespace quorate::raft
