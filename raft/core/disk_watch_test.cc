#include "raft/core/disk_watch.h"

#include <gtest/gtest.h>

namespace quorate::raft {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr MonoTime At(int ms) { return MonoTime(milliseconds(ms)); }

RaftOptions Options() {
  RaftOptions options;
  options.election_timeout_max = milliseconds(1000);
  options.check_quorum_timeout = milliseconds(1000);
  options.peer_read_timeout = seconds(5);
  options.disk_exit_timeout = seconds(10);
  return options;
}

class DiskWatchTest : public ::testing::Test {
 protected:
  // Wakes every 500 ms, from `from` to `to`, while the write of time 0 is unfinished. Returns when
  // the disk has failed, or -1.
  int FailsAt(int from, int to) {
    for (int ms = from; ms <= to; ms += 500) {
      if (disk_.HasFailed(At(ms), At(0))) return ms;
    }
    return -1;
  }

  DiskWatch disk_ = DiskWatch(Options());
};

TEST_F(DiskWatchTest, AnIdleDiskIsNotStalled) {
  EXPECT_FALSE(disk_.IsStalled(At(1'000'000), std::nullopt));
}

TEST_F(DiskWatchTest, AnOldWriteOrReadStallsIt) {
  EXPECT_FALSE(disk_.IsStalled(At(1'999), At(1'000)));
  EXPECT_TRUE(disk_.IsStalled(At(2'000), At(1'000)));
  disk_.OnUserRead(At(500));
  EXPECT_TRUE(disk_.IsStalled(At(1'500), std::nullopt));
  EXPECT_TRUE(disk_.IsStalled(At(1'500), At(1'400)));
  disk_.OnUserRead(std::nullopt);
  EXPECT_FALSE(disk_.IsStalled(At(1'500), std::nullopt));
}

TEST_F(DiskWatchTest, ReadsForPeersHaveMoreTimeUntilOneOfThemIsDone) {
  disk_.OnPeerReadStarted(At(0));
  disk_.OnPeerReadStarted(At(1'000));
  EXPECT_FALSE(disk_.IsStalled(At(4'999), std::nullopt));
  EXPECT_TRUE(disk_.IsStalled(At(5'000), std::nullopt));
  disk_.OnPeerReadDone(At(6'000));
  EXPECT_FALSE(disk_.IsStalled(At(10'999), std::nullopt));
  EXPECT_TRUE(disk_.IsStalled(At(11'000), std::nullopt));
  disk_.OnPeerReadDone(At(11'000));
  EXPECT_FALSE(disk_.IsStalled(At(100'000), std::nullopt));
}

TEST_F(DiskWatchTest, ItFailsAfterTheTimeoutCountedFromWhenTheStallWasNoticed) {
  EXPECT_EQ(FailsAt(0, 20'000), 11'000);
}

TEST_F(DiskWatchTest, AFinishedWriteStartsTheTimeOver) {
  EXPECT_EQ(FailsAt(0, 10'500), -1);
  disk_.OnWriteDone();  // the next one is late too
  EXPECT_EQ(FailsAt(11'000, 30'000), 21'000);
}

TEST_F(DiskWatchTest, AFinishedReadForAPeerStartsTheTimeOver) {
  disk_.OnPeerReadStarted(At(0));
  EXPECT_EQ(FailsAt(0, 10'500), -1);
  disk_.OnPeerReadDone(At(10'600));
  EXPECT_EQ(FailsAt(11'000, 30'000), 21'000);
}

TEST_F(DiskWatchTest, AFinishedReadForTheUsersStartsTheTimeOver) {
  disk_.OnUserRead(At(100));
  EXPECT_EQ(FailsAt(0, 10'500), -1);
  disk_.OnUserRead(At(200));
  EXPECT_EQ(FailsAt(11'000, 30'000), 21'000);
}

TEST_F(DiskWatchTest, AReadThatIsStillUnderWayDoesNot) {
  disk_.OnUserRead(At(100));
  EXPECT_EQ(FailsAt(0, 10'500), -1);
  disk_.OnUserRead(At(100));
  EXPECT_EQ(FailsAt(11'000, 30'000), 11'000);
}

TEST_F(DiskWatchTest, ADiskThatRecoversStartsOver) {
  EXPECT_EQ(FailsAt(0, 10'500), -1);
  EXPECT_FALSE(disk_.HasFailed(At(10'900), std::nullopt));
  EXPECT_EQ(FailsAt(11'000, 30'000), 21'000);
}

TEST_F(DiskWatchTest, APauseOfTheProcessDoesNotCount) {
  EXPECT_EQ(FailsAt(0, 2'000), -1);
  EXPECT_EQ(FailsAt(60'000, 90'000), 70'000);
}

}  // namespace
}  // namespace quorate::raft
