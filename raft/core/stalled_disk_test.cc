// What a node does whose disk finishes nothing: a leader resigns, and finally the process ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "raft/testing/lone_core.h"

namespace quorate::raft {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

template <typename R>
bool Is(LoneCore& node) {
  return std::holds_alternative<R>(node.core().role());
}

// Other nodes, whose disks work, can take over.
TEST(StalledDiskTest, ALeaderResignsAndDoesNotStandBeforeItMoves) {
  LoneCore node;
  node.BecomeClaimedLeader();
  node.Propose("stuck");
  for (int i = 0; i < 30; ++i) {
    node.Acknowledge(2);
    node.Acknowledge(3);
    node.Advance(milliseconds(100));
  }
  EXPECT_TRUE(Is<Follower>(node));
  EXPECT_THAT(node.TakeEffects<effect::SayGoodbye>(), SizeIs(1));
  node.Advance(seconds(5));
  EXPECT_TRUE(Is<Follower>(node));
  node.Sync();
  node.Advance(seconds(2));
  EXPECT_TRUE(Is<Prospective>(node));
}

// In any role: a process that can only wait is of no use.
TEST(StalledDiskTest, TenSecondsLaterTheNodeEnds) {
  for (const bool leads : {true, false}) {
    SCOPED_TRACE(leads);
    LoneCore node;
    if (leads) {
      node.BecomeClaimedLeader();
      node.Propose("stuck");
    } else {
      node.Receive(2, Heartbeat{.epoch = Epoch(1)});
    }
    node.Advance(seconds(10));
    EXPECT_THAT(node.TakeEffects<effect::Fatal>(), IsEmpty());
    node.Advance(seconds(4));
    const auto fatal = node.TakeEffects<effect::Fatal>();
    ASSERT_THAT(fatal, SizeIs(1));
    EXPECT_THAT(std::string(fatal[0].status.message()),
                HasSubstr("the disk has finished no write"));
  }
}

TEST(StalledDiskTest, AReadForTheUsersCountsToo) {
  LoneCore node;
  const event::Wake wake{.reading_since = node.now()};
  const MonoTime end = node.now() + seconds(10);
  while (node.now() < end) node.MeetDeadline(wake);
  EXPECT_THAT(node.TakeEffects<effect::Fatal>(), IsEmpty());
  while (node.now() < end + seconds(4) && !node.core().stopped()) node.MeetDeadline(wake);
  EXPECT_THAT(node.TakeEffects<effect::Fatal>(), SizeIs(1));
}

// There may be no write meanwhile that would show it.
TEST(StalledDiskTest, AReadForAPeerCountsToo) {
  RaftOptions options;
  options.cache_bytes = 1;
  LoneCore node(5, {1, 1, 1, 1}, options);
  node.HoldReads();
  node.BecomeLeader();
  const Epoch epoch = node.core().epoch();
  for (const int peer : {4, 5}) node.Reject(peer);
  ASSERT_THAT(node.TakeEffects<effect::ReadEntries>(), SizeIs(2));
  for (const int peer : {2, 3}) node.Acknowledge(peer);
  const auto lead = [&node, epoch](Duration d) {
    for (const MonoTime end = node.now() + d; node.now() < end;) {
      for (const int peer : {2, 3}) {
        node.Receive(peer, HeartbeatResponse{.epoch = epoch});
        node.Acknowledge(peer);
      }
      node.Advance(milliseconds(100));
    }
  };
  lead(seconds(4));
  node.Step(event::EntriesRead{.peer = LoneCore::KeyOf(4),
                               .epoch = epoch,
                               .from = LogIndex(1),
                               .entries = std::vector<EntryPtr>()});
  lead(seconds(4));
  EXPECT_TRUE(Is<Leader>(node)) << "the other read takes long, but the disk works";
  lead(seconds(2));
  EXPECT_TRUE(Is<Follower>(node));
}

TEST(StalledDiskTest, AnyWriteThatIsFinishedIsASignOfLife) {
  LoneCore node;
  for (int epoch = 1; epoch <= 10; ++epoch) {
    node.Receive(2, Heartbeat{.epoch = Epoch(epoch)});
    node.Advance(seconds(5));
    node.Sync();
  }
  EXPECT_THAT(node.TakeEffects<effect::Fatal>(), IsEmpty());
}

// By its clock the write takes a minute. It learns that the write is done only after the first
// timer.
TEST(StalledDiskTest, AProcessThatWasPausedGoesOn) {
  LoneCore node;
  node.Receive(2, Heartbeat{.epoch = Epoch(1)});
  node.Pause(seconds(60));
  node.MeetDeadline();
  node.Sync();
  node.Advance(seconds(60));
  EXPECT_THAT(node.TakeEffects<effect::Fatal>(), IsEmpty());
}

// A pause does not count either if it begins when the disk has been slow for a while.
TEST(StalledDiskTest, AProcessThatWasPausedWithAStalledDiskGoesOn) {
  LoneCore node;
  node.Receive(2, Heartbeat{.epoch = Epoch(1)});
  node.Advance(seconds(5));
  node.Pause(seconds(60));
  node.MeetDeadline();
  node.Sync();
  node.Advance(seconds(60));
  EXPECT_THAT(node.TakeEffects<effect::Fatal>(), IsEmpty());
}

TEST(StalledDiskTest, AProcessThatWasPausedWithAHungDiskEnds) {
  LoneCore node;
  node.Receive(2, Heartbeat{.epoch = Epoch(1)});
  node.Advance(seconds(5));
  node.Pause(seconds(60));
  node.Advance(seconds(9));
  EXPECT_THAT(node.TakeEffects<effect::Fatal>(), IsEmpty());
  node.Advance(seconds(3));
  EXPECT_THAT(node.TakeEffects<effect::Fatal>(), SizeIs(1));
}

// Whenever the node looks, another read is late.
TEST(StalledDiskTest, AnyReadThatIsFinishedIsASignOfLife) {
  LoneCore node;
  for (int i = 0; i < 60; ++i) {
    node.Pause(milliseconds(1500));
    node.MeetDeadline({.reading_since = node.now() - milliseconds(1200)});
    ASSERT_FALSE(node.core().stopped());
  }
}

}  // namespace
}  // namespace quorate::raft
