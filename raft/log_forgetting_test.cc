// What a snapshot lets the log forget (Raft §7).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "raft/testing/lone_core.h"
#include "raft/testing/snapshot_setup.h"

namespace quorate::raft {
namespace {

using ::testing::SizeIs;

TEST(LogForgettingTest, ASavedSnapshotLetsTheLogForgetItsPrefix) {
  LoneCore node(1, {}, KeepEntries(0));
  node.Sync();  // its own vote, and it leads
  node.Sync();
  for (int i = 0; i < 5; ++i) node.Propose("x");
  node.Sync();
  ASSERT_EQ(node.core().log().commit_index(), LogIndex(6));
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 4)});
  EXPECT_EQ(node.core().log().first_index(), LogIndex(5));
  node.Sync();
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 6)});
  EXPECT_EQ(node.core().log().first_index(), LogIndex(6)) << "the last entry stays";
}

TEST(LogForgettingTest, AnOlderSnapshotChangesNothing) {
  LoneCore node(1, {}, KeepEntries(0));
  node.Sync();  // its own vote, and it leads
  node.Sync();
  for (int i = 0; i < 5; ++i) node.Propose("x");
  node.Sync();
  const SnapshotMeta older = MetaAt(node.core(), 3);
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 4)});
  node.Step(event::SnapshotSaved{older});
  EXPECT_EQ(node.core().snapshot()->last_index, LogIndex(4));
  EXPECT_EQ(node.core().log().first_index(), LogIndex(5));
}

TEST(LogForgettingTest, SomeEntriesStayForThoseWhoAreALittleBehind) {
  LoneCore node(1, {}, KeepEntries(2));
  node.Sync();  // its own vote, and it leads
  node.Sync();
  for (int i = 0; i < 9; ++i) node.Propose("x");
  node.Sync();
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 8)});
  EXPECT_EQ(node.core().log().first_index(), LogIndex(7));
}

TEST(LogForgettingTest, WhatALivePeerNeedsStays) {
  LoneCore node(3, {}, KeepEntries(0));
  node.BecomeClaimedLeader();
  for (int i = 0; i < 5; ++i) node.Propose("x");
  node.Sync();
  node.Acknowledge(2);  // a majority; 3 has the barrier alone
  ASSERT_EQ(node.core().log().commit_index(), LogIndex(6));
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 6)});
  EXPECT_EQ(node.core().log().first_index(), LogIndex(2));
}

TEST(LogForgettingTest, APeerThatIsNotHeardOfHoldsNothingBack) {
  RaftOptions options = KeepEntries(0);
  LoneCore node(3, {}, options);
  node.BecomeClaimedLeader();
  for (int i = 0; i < 5; ++i) node.Propose("x");
  node.Sync();
  node.Acknowledge(2);
  for (int i = 0; i < 12; ++i) {
    node.Advance(options.heartbeat_interval);
    node.Receive(2, HeartbeatResponse{.epoch = node.core().epoch()});
  }
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 6)});
  EXPECT_EQ(node.core().log().first_index(), LogIndex(6));
}

// Nor for ever. And after a restart the newest is known before anything was dropped.
TEST(LogForgettingTest, OneThatIsKnownAlreadyLetsTheLogForgetWhatWasHeldBack) {
  RaftOptions options = KeepEntries(0);
  LoneCore node(3, {}, options);
  node.BecomeClaimedLeader();
  for (int i = 0; i < 5; ++i) node.Propose("x");
  node.Sync();
  node.Acknowledge(2);
  const SnapshotMeta snapshot = MetaAt(node.core(), 6);
  node.Step(event::SnapshotSaved{snapshot});
  ASSERT_EQ(node.core().log().first_index(), LogIndex(2)) << "3 needs it, and was there just now";
  for (int i = 0; i < 12; ++i) {
    node.Advance(options.heartbeat_interval);
    node.Receive(2, HeartbeatResponse{.epoch = node.core().epoch()});
  }
  node.Step(event::SnapshotSaved{snapshot});
  EXPECT_EQ(node.core().log().first_index(), LogIndex(6));
}

TEST(LogForgettingTest, NothingIsKeptBeyondTheBoundInBytes) {
  RaftOptions options = KeepEntries(100);
  options.kept_bytes = size_t{3} << 20;
  LoneCore node(1, {}, options);
  node.Sync();  // its own vote, and it leads
  node.Sync();
  for (int i = 0; i < 10; ++i) node.Propose(std::string(size_t{1} << 20, 'x'));
  node.Sync();
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 11)});
  EXPECT_GE(node.core().log().first_index(), LogIndex(9));
  EXPECT_LT(node.core().log().first_index(), LogIndex(11));
}

TEST(LogForgettingTest, WhatIsNotDurableIsNotDropped) {
  LoneCore node(3, {1, 1, 1, 1}, KeepEntries(0));
  node.BecomeClaimedLeader();
  node.Propose("x");
  node.Propose("x");  // its disk falls behind its peers'
  node.Acknowledge(2);
  node.Acknowledge(3);
  ASSERT_EQ(node.core().log().commit_index(), LogIndex(7));
  ASSERT_EQ(node.core().log().durable_index(), LogIndex(5));
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 7)});
  EXPECT_EQ(node.core().log().first_index(), LogIndex(6));
}

// A read of the disk that a drop overtook is neither an answer nor a loss.
TEST(LogForgettingTest, AReadThatTheDropOvertookIsForgotten) {
  RaftOptions options = KeepEntries(0);
  options.cache_bytes = 1;
  LoneCore node(3, {1, 1, 1, 1}, options);
  node.HoldReads();
  node.BecomeLeader();
  node.Acknowledge(2);
  // 3 has nothing, and is not heard again.
  node.Reject(3);
  const auto reads = node.TakeEffects<effect::ReadEntries>();
  ASSERT_THAT(reads, SizeIs(1));
  for (int i = 0; i < 12; ++i) {
    node.Advance(options.heartbeat_interval);
    node.Receive(2, HeartbeatResponse{.epoch = node.core().epoch()});
  }
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 5)});
  ASSERT_EQ(node.core().log().first_index(), LogIndex(5));
  node.Step(event::EntriesRead{.peer = reads[0].peer,
                               .epoch = reads[0].epoch,
                               .from = reads[0].from,
                               .entries = absl::OutOfRangeError("not in the log any more")});
  EXPECT_FALSE(node.core().stopped());
}

}  // namespace
}  // namespace quorate::raft
