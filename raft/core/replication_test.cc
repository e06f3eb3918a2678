// How a leader sends, counts and commits, and what a follower refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "raft/testing/lone_core.h"

namespace quorate::raft {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string DeathOf(LoneCore& node) {
  const auto fatal = node.TakeEffects<effect::Fatal>();
  return fatal.empty() ? "" : std::string(fatal[0].status.message());
}

class ReplicationTest : public ::testing::Test {
 protected:
  ReplicationTest() { node_.BecomeClaimedLeader(); }

  static RaftOptions SmallLimits() {
    RaftOptions options;
    options.max_append_bytes = 1'000;
    options.max_inflight_messages = 3;
    options.cache_bytes = 2'000;
    return options;
  }
  std::vector<AppendRequest> Sent(int to) { return node_.TakeSent<AppendRequest>(to); }

  LoneCore node_{3, {}, SmallLimits()};
};

TEST_F(ReplicationTest, EntriesLeaveBeforeTheLeadersOwnDiskHasThem) {
  node_.Propose("a");
  ASSERT_THAT(Sent(2), SizeIs(1));
  EXPECT_LT(node_.core().log().durable_index(), node_.core().log().last_index());
}

TEST_F(ReplicationTest, FollowersMayCommitWithoutTheLeadersDisk) {
  node_.Propose("a");
  node_.Acknowledge(2);
  EXPECT_EQ(node_.core().log().commit_index(), LogIndex(1)) << "one disk of three";
  node_.Acknowledge(3);
  EXPECT_EQ(node_.core().log().commit_index(), LogIndex(2));
  EXPECT_EQ(node_.core().log().durable_index(), LogIndex(1));
}

TEST_F(ReplicationTest, RequestsArePipelinedUpToTheWindow) {
  for (int i = 0; i < 5; ++i) node_.Propose("x");
  const std::vector<AppendRequest> requests = Sent(2);
  ASSERT_THAT(requests, SizeIs(3));
  EXPECT_EQ(requests[2].prev_index, LogIndex(3)) << "nothing was acknowledged yet";
  node_.Receive(2, AppendResponse{.epoch = node_.core().epoch(),
                                  .sequence = requests[0].sequence,
                                  .success = true,
                                  .match_index = LogIndex(2)});
  const std::vector<AppendRequest> next = Sent(2);
  ASSERT_THAT(next, SizeIs(1));
  EXPECT_THAT(next[0].entries, SizeIs(2)) << "what waited travels together";
}

TEST_F(ReplicationTest, AMessageIsBoundedAndALargerEntryTravelsAlone) {
  node_.Step(event::Propose{{
      Proposal{.expected_epoch = node_.core().epoch(),
               .expected_base_offset = RecordOffset(1),
               .payload = std::string(400, 'a')},
      Proposal{.expected_epoch = node_.core().epoch(),
               .expected_base_offset = RecordOffset(2),
               .payload = std::string(400, 'b')},
      Proposal{.expected_epoch = node_.core().epoch(),
               .expected_base_offset = RecordOffset(3),
               .payload = std::string(5'000, 'c')},
  }});
  const std::vector<AppendRequest> requests = Sent(2);
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_THAT(requests[0].entries, SizeIs(2));
  EXPECT_THAT(requests[1].entries, SizeIs(1));
}

TEST_F(ReplicationTest, ThatTheHighWatermarkMovedIsToldAtOnce) {
  node_.Propose("a");
  node_.Acknowledge(2);
  node_.Acknowledge(3);
  const std::vector<AppendRequest> told = Sent(2);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told[0].entries, IsEmpty());
  EXPECT_EQ(told[0].commit_index, LogIndex(2));
}

TEST_F(ReplicationTest, ThatTheHighWatermarkMovedTravelsWithEntriesThatAreDue) {
  for (int i = 0; i < 4; ++i) node_.Propose("x");
  const std::vector<AppendRequest> window = Sent(2);
  ASSERT_THAT(window, SizeIs(3));
  node_.Sync();
  node_.Acknowledge(3);
  EXPECT_EQ(node_.core().log().commit_index(), LogIndex(4));
  EXPECT_THAT(Sent(2), IsEmpty()) << "the window is full";
  node_.Receive(2, AppendResponse{.epoch = node_.core().epoch(),
                                  .sequence = window[0].sequence,
                                  .success = true,
                                  .match_index = LogIndex(2)});
  const std::vector<AppendRequest> requests = Sent(2);
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_THAT(requests[0].entries, SizeIs(1));
  EXPECT_EQ(requests[0].commit_index, LogIndex(4));
}

class LingeringCommitTest : public ::testing::Test {
 protected:
  static constexpr Duration kLinger = std::chrono::milliseconds(2);

  LingeringCommitTest() {
    node_.BecomeClaimedLeader();
    node_.Advance(kLinger);
    node_.Step(event::Wake{});
    Sent(2);
    Sent(3);
    node_.Sync();
    node_.Propose("a");
    node_.Sync();
    EXPECT_THAT(Sent(2), SizeIs(1));
    node_.Advance(kLinger / 2);
    node_.Receive(3, Success());
    EXPECT_EQ(node_.core().log().commit_index(), LogIndex(2));
  }

  static RaftOptions Lingers() {
    RaftOptions options;
    options.commit_linger = kLinger;
    return options;
  }
  AppendResponse Success() {
    return {.epoch = node_.core().epoch(),
            .sequence = Sent(3).back().sequence,
            .success = true,
            .match_index = LogIndex(2)};
  }
  std::vector<AppendRequest> Sent(int to) { return node_.TakeSent<AppendRequest>(to); }

  LoneCore node_{3, {}, Lingers()};
};

TEST_F(LingeringCommitTest, TravelsWithTheNextEntriesAndIsNotToldAgain) {
  EXPECT_THAT(Sent(2), IsEmpty());
  node_.Propose("b");
  const std::vector<AppendRequest> next = Sent(2);
  ASSERT_THAT(next, SizeIs(1));
  EXPECT_EQ(next[0].commit_index, LogIndex(2));
  node_.Advance(2 * kLinger);
  node_.Step(event::Wake{});
  EXPECT_THAT(Sent(2), IsEmpty());
}

TEST_F(LingeringCommitTest, IsToldByItselfOnceItWaitedLongEnough) {
  node_.Advance(kLinger / 2);
  node_.Step(event::Wake{});
  EXPECT_THAT(Sent(2), IsEmpty());
  const MonoTime before = node_.now();
  node_.MeetDeadline();
  EXPECT_EQ(node_.now(), before + kLinger / 2) << "the core asks to be woken for it";
  for (const int peer : {2, 3}) {
    const std::vector<AppendRequest> told = Sent(peer);
    ASSERT_THAT(told, SizeIs(1));
    EXPECT_THAT(told[0].entries, IsEmpty());
    EXPECT_EQ(told[0].commit_index, LogIndex(2));
  }
}

TEST_F(LingeringCommitTest, IsNotWaitedForWhereNothingCanBeSent) {
  node_.Step(event::StreamDown{.peer = NodeId(2), .stream = StreamClass::kAppend});
  node_.MeetDeadline();
  ASSERT_THAT(Sent(3), SizeIs(1));
  EXPECT_THAT(Sent(2), IsEmpty());
  const MonoTime before = node_.now();
  node_.MeetDeadline();
  EXPECT_GT(node_.now(), before + kLinger) << "the next deadline is another one";
}

TEST_F(ReplicationTest, ABrokenStreamIsTakenUpWhereThePeerIsKnownToBe) {
  node_.Propose("a");
  node_.Acknowledge(2);
  node_.Propose("b");
  node_.Propose("c");
  Sent(2);
  node_.Step(event::StreamDown{.peer = NodeId(2), .stream = StreamClass::kAppend});
  node_.Propose("d");
  EXPECT_THAT(Sent(2), IsEmpty());
  node_.Step(event::StreamUp{
      .peer = NodeId(2), .stream = StreamClass::kAppend, .key = LoneCore::KeyOf(2)});
  const std::vector<AppendRequest> requests = Sent(2);
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].sequence, 1);
  EXPECT_EQ(requests[0].prev_index, LogIndex(2));
  EXPECT_THAT(requests[0].entries, SizeIs(3));
}

TEST_F(ReplicationTest, WhatMemoryNoLongerHoldsComesFromDisk) {
  node_.Step(event::StreamDown{.peer = NodeId(2), .stream = StreamClass::kAppend});
  for (int i = 0; i < 10; ++i) {
    node_.Propose(std::string(500, 'x'));
    node_.Sync();
    node_.Acknowledge(3);
  }
  ASSERT_GT(node_.core().log().cache_first(), LogIndex(2));
  node_.HoldReads();
  node_.Step(event::StreamUp{
      .peer = NodeId(2), .stream = StreamClass::kAppend, .key = LoneCore::KeyOf(2)});
  const auto reads = node_.TakeEffects<effect::ReadEntries>();
  ASSERT_THAT(reads, SizeIs(1));
  EXPECT_EQ(reads[0].from, LogIndex(2));
  EXPECT_EQ(reads[0].to, node_.core().log().cache_first() - 1);
  EXPECT_THAT(Sent(2), IsEmpty());
}

TEST_F(ReplicationTest, EntriesFormAChainAndTheirTimesNeverRunBackwards) {
  node_.Propose("a");
  node_.Propose("b");
  const EntryPtr a = node_.core().log().Find(LogIndex(2));
  const EntryPtr b = node_.core().log().Find(LogIndex(3));
  EXPECT_EQ(b->header().prev_checksum, a->checksum());
  EXPECT_EQ(b->header().base_offset, a->end_offset());
  EXPECT_EQ(b->epoch(), node_.core().epoch());
  node_.core().Step(node_.now(), /*wall_ms=*/5'000,
                    event::Propose{{Proposal{.expected_epoch = node_.core().epoch(),
                                             .expected_base_offset = RecordOffset(3)}}});
  node_.core().Step(node_.now(), /*wall_ms=*/4'000,
                    event::Propose{{Proposal{.expected_epoch = node_.core().epoch(),
                                             .expected_base_offset = RecordOffset(4)}}});
  EXPECT_EQ(node_.core().log().Find(LogIndex(5))->header().append_time_ms, 5'000);
}

TEST_F(ReplicationTest, AProposalOfAnotherEpochIsRefusedWithAllBehindIt) {
  Proposal stale{.expected_epoch = node_.core().epoch() - 1,
                 .expected_base_offset = RecordOffset(1)};
  Proposal behind = stale;
  behind.expected_base_offset = RecordOffset(2);
  node_.Step(event::Propose{{stale, behind}});
  EXPECT_EQ(node_.core().log().last_index(), LogIndex(1));
}

using ReplicationDeathTest = ReplicationTest;

TEST_F(ReplicationDeathTest, AWrongOffsetWithinAnEpochIsAMistakeOfOurs) {
  EXPECT_DEATH(node_.Step(event::Propose{{Proposal{.expected_epoch = node_.core().epoch(),
                                                   .expected_base_offset = RecordOffset(7)}}}),
               "counts the offsets");
}

TEST_F(ReplicationTest, AHeartbeatCommitsNoMoreThanThePeerHas) {
  node_.Propose("a");
  node_.Acknowledge(3);
  node_.Sync();
  node_.TakeSent<Heartbeat>(2);
  node_.Advance(std::chrono::milliseconds(100));
  const std::vector<Heartbeat> heartbeats = node_.TakeSent<Heartbeat>(2);
  ASSERT_THAT(heartbeats, SizeIs(1));
  EXPECT_EQ(heartbeats[0].commit_index, LogIndex(1));
  EXPECT_EQ(heartbeats[0].high_watermark, RecordOffset(2)) << "the leader's own, not capped";
}

TEST(NewLeaderTest, TellsItsBarrierForAHighWatermarkUntilItKnowsBetter) {
  LoneCore node(3, {1, 1});
  node.BecomeLeader();
  const std::vector<Heartbeat> heartbeats = node.TakeSent<Heartbeat>(2);
  ASSERT_THAT(heartbeats, SizeIs(1));
  EXPECT_EQ(heartbeats[0].high_watermark, RecordOffset(3));
}

TEST(FollowerReadinessTest, IsToldByTheFirstHeartbeatOfASessionAndLostWithIt) {
  LoneCore node;
  const auto ready = [&node] { return node.core().Describe(node.now()).ready_offset; };
  EXPECT_EQ(ready(), std::nullopt);
  node.Receive(2, Heartbeat{.epoch = Epoch(1), .high_watermark = RecordOffset(7)});
  node.Receive(2, Heartbeat{.epoch = Epoch(1), .high_watermark = RecordOffset(9)});
  EXPECT_EQ(ready(), RecordOffset(7));
  node.Step(event::StreamDown{.peer = NodeId(2), .stream = StreamClass::kControl});
  EXPECT_EQ(ready(), std::nullopt);
  node.Receive(2, Heartbeat{.epoch = Epoch(1), .high_watermark = RecordOffset(11)});
  EXPECT_EQ(ready(), std::nullopt) << "not in session";
  node.Step(event::StreamUp{
      .peer = NodeId(2), .stream = StreamClass::kControl, .key = LoneCore::KeyOf(2)});
  node.Receive(2, Heartbeat{.epoch = Epoch(1), .high_watermark = RecordOffset(13)});
  EXPECT_EQ(ready(), RecordOffset(13));
  node.Receive(3, Heartbeat{.epoch = Epoch(2), .high_watermark = RecordOffset(15)});
  EXPECT_EQ(ready(), RecordOffset(15)) << "another leader";
}

TEST(FollowerDeathTest, ALogShorterThanWhatItAcknowledgedHasLostItsDisk) {
  LoneCore node(3, {1});
  node.Receive(2, Heartbeat{.epoch = Epoch(1), .commit_index = LogIndex(2)});
  EXPECT_THAT(DeathOf(node), HasSubstr("the log ends at 1"));
}

TEST(FollowerDeathTest, WhatIsCommittedIsNeverReplaced) {
  LoneCore node(3, {1, 1});
  node.Receive(2, Heartbeat{.epoch = Epoch(1), .commit_index = LogIndex(2)});
  node.Receive(3, AppendRequest{.epoch = Epoch(5),
                                .sequence = 1,
                                .prev_index = LogIndex(1),
                                .prev_epoch = Epoch(1),
                                .entries = node.MakeEntries(2, {5})});
  EXPECT_THAT(DeathOf(node), HasSubstr("is committed here in another epoch"));
  EXPECT_EQ(node.core().log().EpochAt(LogIndex(2)), Epoch(1));
}

TEST(FollowerDeathTest, EqualPositionsWithOtherContentsMeanThatADiskIsDamaged) {
  LoneCore node(3, {1, 1});
  const EntryPtr own = node.core().log().Find(LogIndex(2));
  EntryHeader header = own->header();
  const AppendRequest duplicate{.epoch = Epoch(1),
                                .sequence = 1,
                                .prev_index = LogIndex(1),
                                .prev_epoch = Epoch(1),
                                .entries = {Entry::Make(header, "something else")}};
  node.Receive(2, duplicate);
  EXPECT_THAT(DeathOf(node), HasSubstr("differs from the same here"));
}

TEST(FollowerDeathTest, AnEntryThatDoesNotContinueTheChainIsRefused) {
  LoneCore node(3, {1, 1});
  EntryHeader header = node.MakeEntries(3, {1})[0]->header();
  header.prev_checksum ^= 1;
  node.Receive(2, AppendRequest{.epoch = Epoch(1),
                                .sequence = 1,
                                .prev_index = LogIndex(2),
                                .prev_epoch = Epoch(1),
                                .entries = {Entry::Make(header, "x")}});
  EXPECT_THAT(DeathOf(node), HasSubstr("does not follow the one before it"));
}

}  // namespace
}  // namespace quorate::raft
