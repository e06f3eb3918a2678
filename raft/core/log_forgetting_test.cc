// Which entries a snapshot allows the log to drop (Raft §7).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "raft/testing/lone_core.h"
#include "raft/testing/snapshot_setup.h"

namespace quorate::raft {
namespace {

using ::testing::SizeIs;

// Makes the only voter lead, with a barrier and `entries` entries after it.
void LeadAlone(LoneCore& node, int entries, size_t bytes = 1) {
  node.Sync();  // its own vote is durable, and it leads
  node.Sync();
  for (int i = 0; i < entries; ++i) node.Propose(std::string(bytes, 'x'));
  node.Sync();
}

// Makes the node lead with a barrier and five entries. 2 has all of them, so they are committed; 3
// has only the barrier.
void LeadAheadOfThree(LoneCore& node) {
  node.BecomeClaimedLeader();
  for (int i = 0; i < 5; ++i) node.Propose("x");
  node.Sync();
  node.Acknowledge(2);
}

// Only 2 answers, until 3 no longer counts as live.
void HearOfTwoAlone(LoneCore& node) {
  for (int i = 0; i < 12; ++i) {
    node.Advance(node.core().options().heartbeat_interval);
    node.Receive(2, HeartbeatResponse{.epoch = node.core().epoch()});
  }
}

TEST(LogForgettingTest, ASavedSnapshotLetsTheLogForgetItsPrefix) {
  LoneCore node(1, {}, KeepEntries(0));
  LeadAlone(node, 5);
  ASSERT_EQ(node.core().log().commit_index(), LogIndex(6));
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 4)});
  EXPECT_EQ(node.core().log().first_index(), LogIndex(5));
  node.Sync();
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 6)});
  EXPECT_EQ(node.core().log().first_index(), LogIndex(6)) << "the last entry stays";
}

TEST(LogForgettingTest, AnOlderSnapshotChangesNothing) {
  LoneCore node(1, {}, KeepEntries(0));
  LeadAlone(node, 5);
  const SnapshotMeta older = MetaAt(node.core(), 3);
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 4)});
  node.Step(event::SnapshotSaved{older});
  EXPECT_EQ(node.core().snapshot()->last_index, LogIndex(4));
  EXPECT_EQ(node.core().log().first_index(), LogIndex(5));
}

TEST(LogForgettingTest, SomeEntriesStayForThoseWhoAreALittleBehind) {
  LoneCore node(1, {}, KeepEntries(2));
  LeadAlone(node, 9);
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 8)});
  EXPECT_EQ(node.core().log().first_index(), LogIndex(7));
}

TEST(LogForgettingTest, WhatALivePeerNeedsStays) {
  LoneCore node(3, {}, KeepEntries(0));
  LeadAheadOfThree(node);
  ASSERT_EQ(node.core().log().commit_index(), LogIndex(6));
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 6)});
  EXPECT_EQ(node.core().log().first_index(), LogIndex(2));
}

TEST(LogForgettingTest, APeerThatIsNotHeardOfHoldsNothingBack) {
  LoneCore node(3, {}, KeepEntries(0));
  LeadAheadOfThree(node);
  HearOfTwoAlone(node);
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 6)});
  EXPECT_EQ(node.core().log().first_index(), LogIndex(6));
}

// The entries are not held back forever: they are dropped when the same snapshot is reported again.
// After a restart, too, the newest snapshot is known before anything is dropped.
TEST(LogForgettingTest, OneThatIsKnownAlreadyLetsTheLogForgetWhatWasHeldBack) {
  LoneCore node(3, {}, KeepEntries(0));
  LeadAheadOfThree(node);
  const SnapshotMeta snapshot = MetaAt(node.core(), 6);
  node.Step(event::SnapshotSaved{snapshot});
  ASSERT_EQ(node.core().log().first_index(), LogIndex(2)) << "3 needs it, and was there just now";
  HearOfTwoAlone(node);
  node.Step(event::SnapshotSaved{snapshot});
  EXPECT_EQ(node.core().log().first_index(), LogIndex(6));
}

TEST(LogForgettingTest, NothingIsKeptBeyondTheBoundInBytes) {
  RaftOptions options = KeepEntries(100);
  options.kept_bytes = size_t{3} << 20;
  LoneCore node(1, {}, options);
  LeadAlone(node, 10, size_t{1} << 20);
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 11)});
  EXPECT_GE(node.core().log().first_index(), LogIndex(9));
  EXPECT_LT(node.core().log().first_index(), LogIndex(11));
}

TEST(LogForgettingTest, WhatIsNotDurableIsNotDropped) {
  LoneCore node(3, {1, 1, 1, 1}, KeepEntries(0));
  node.BecomeClaimedLeader();
  node.Propose("x");
  node.Propose("x");  // its disk falls behind those of its peers
  node.Acknowledge(2);
  node.Acknowledge(3);
  ASSERT_EQ(node.core().log().commit_index(), LogIndex(7));
  ASSERT_EQ(node.core().log().durable_index(), LogIndex(5));
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 7)});
  EXPECT_EQ(node.core().log().first_index(), LogIndex(6));
}

// A disk read of entries that were dropped meanwhile is neither answered nor fatal.
TEST(LogForgettingTest, AReadThatTheDropOvertookIsForgotten) {
  RaftOptions options = KeepEntries(0);
  options.cache_bytes = 1;
  LoneCore node(3, {1, 1, 1, 1}, options);
  node.HoldReads();
  node.BecomeLeader();
  node.Acknowledge(2);
  // 3 has no entries and does not answer again.
  node.Reject(3);
  const auto reads = node.TakeEffects<effect::ReadEntries>();
  ASSERT_THAT(reads, SizeIs(1));
  HearOfTwoAlone(node);
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 5)});
  ASSERT_EQ(node.core().log().first_index(), LogIndex(5));
  node.Step(event::EntriesRead{.peer = reads[0].peer,
                               .epoch = reads[0].epoch,
                               .from = reads[0].from,
                               .entries = absl::OutOfRangeError("no longer in the log")});
  EXPECT_FALSE(node.core().stopped());
}

}  // namespace
}  // namespace quorate::raft
