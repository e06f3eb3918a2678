#include "raft/core/follower_progress.h"

#include <gtest/gtest.h>

namespace quorate::raft {
namespace {

using State = FollowerProgress::State;

constexpr FollowerProgress::Limits kLimits = {.max_messages = 3, .max_bytes = 1000};
constexpr MonoTime kStart = MonoTime(std::chrono::seconds(10));
constexpr MonoTime After(int ms) { return kStart + std::chrono::milliseconds(ms); }

// A leader that has just been elected and whose log ends at 10.
class FollowerProgressTest : public ::testing::Test {
 protected:
  FollowerProgressTest() { progress_.OnStreamUp(); }
  ~FollowerProgressTest() override {
    EXPECT_LT(progress_.match_index(), progress_.next_index());
    EXPECT_EQ(progress_.inflight_bytes(), progress_.RecountInflightBytes());
    EXPECT_TRUE(progress_.state() == State::kReplicate || progress_.inflight_messages() <= 1);
  }

  int64_t Send(int64_t last, size_t bytes = 100) {
    return progress_.OnSent(LogIndex(last), bytes, kStart);
  }
  void Acknowledge(int64_t sequence, int64_t match) {
    progress_.OnSuccess(sequence, LogIndex(match), RecordOffset(match), After(1));
  }

  FollowerProgress progress_{LogIndex(11), kStart, kLimits};
};

TEST_F(FollowerProgressTest, ProbesOneAtATimeFromTheLeadersEnd) {
  EXPECT_EQ(progress_.next_index(), LogIndex(11));
  Send(12);
  EXPECT_FALSE(progress_.CanSend());
  EXPECT_EQ(progress_.next_index(), LogIndex(11)) << "a probe's position stays";
}

TEST_F(FollowerProgressTest, AMatchTurnsProbingIntoPipelining) {
  Acknowledge(Send(12), 12);
  EXPECT_EQ(progress_.state(), State::kReplicate);
  EXPECT_EQ(progress_.match_index(), LogIndex(12));
  Send(13);
  EXPECT_EQ(progress_.next_index(), LogIndex(14));
  EXPECT_TRUE(progress_.CanSend());
}

TEST_F(FollowerProgressTest, TheWindowIsBoundedInMessages) {
  Acknowledge(Send(10, 0), 10);
  Send(11);
  Send(12);
  Send(13);
  EXPECT_FALSE(progress_.CanSend());
  Acknowledge(3, 12);  // answers the second request too
  EXPECT_TRUE(progress_.CanSend());
  EXPECT_EQ(progress_.inflight_messages(), 1u);
}

TEST_F(FollowerProgressTest, TheWindowIsBoundedInBytes) {
  Acknowledge(Send(10, 0), 10);
  Send(11, 999);
  EXPECT_TRUE(progress_.CanSend());
  Send(12, 1);
  EXPECT_FALSE(progress_.CanSend());
}

// Redpanda #1503: an oversized batch blocked a semaphore forever.
TEST_F(FollowerProgressTest, AnEntryLargerThanTheWindowTravelsAlone) {
  Acknowledge(Send(10, 0), 10);
  Send(11, 5000);
  EXPECT_FALSE(progress_.CanSend());
  Acknowledge(2, 11);
  EXPECT_TRUE(progress_.CanSend());
}

TEST_F(FollowerProgressTest, ARejectionMovesBackAndProbesAgain) {
  progress_.OnReject(Send(12), LogIndex(7), After(1));
  EXPECT_EQ(progress_.state(), State::kProbe);
  EXPECT_EQ(progress_.next_index(), LogIndex(7));
  EXPECT_TRUE(progress_.CanSend());
}

TEST_F(FollowerProgressTest, ARejectionAlwaysMovesBack) {
  const int64_t sequence = Send(12);
  progress_.OnReject(sequence, LogIndex(50), After(1));
  EXPECT_EQ(progress_.next_index(), LogIndex(10));
}

TEST_F(FollowerProgressTest, AnswersToWhatIsNoLongerInFlightAreIgnored) {
  const int64_t first = Send(12);
  progress_.OnReject(first, LogIndex(7), After(1));
  Send(12);
  progress_.OnReject(first, LogIndex(3), After(2));
  EXPECT_EQ(progress_.next_index(), LogIndex(7));
}

TEST_F(FollowerProgressTest, ALateAcknowledgementOfAnEarlierRequestStillCounts) {
  Acknowledge(Send(10, 0), 10);
  const int64_t acked = Send(11);
  const int64_t rejected = Send(12);
  progress_.OnReject(rejected, LogIndex(11), After(1));  // overtook the answer to the first
  EXPECT_EQ(progress_.state(), State::kProbe);
  Acknowledge(acked, 11);
  EXPECT_EQ(progress_.match_index(), LogIndex(11));
  EXPECT_EQ(progress_.next_index(), LogIndex(12));
}

// The leader believed that the peer follows the end of the snapshot, where nothing more was due.
// The peer received nothing until the next append.
TEST_F(FollowerProgressTest, ALateAcknowledgementDoesNotEndASnapshot) {
  Acknowledge(Send(10, 0), 10);
  const int64_t first = Send(11);
  const int64_t second = Send(12);
  progress_.BecomeSnapshot(
      {.id = {.end_offset = RecordOffset(20), .epoch = Epoch(1)}, .last_index = LogIndex(12)});
  Acknowledge(first, 11);
  EXPECT_EQ(progress_.match_index(), LogIndex(11));
  EXPECT_EQ(progress_.state(), State::kSnapshot);
  EXPECT_TRUE(progress_.ChunkIsOverdue(After(1), std::chrono::milliseconds(1)));
  Acknowledge(second, 12);
  EXPECT_EQ(progress_.state(), State::kReplicate) << "it has everything without the snapshot";
  EXPECT_EQ(progress_.next_index(), LogIndex(13));
}

TEST_F(FollowerProgressTest, NothingIsTakenBackBelowWhatWasAcknowledged) {
  Acknowledge(Send(12), 12);
  const int64_t sequence = Send(13);
  progress_.OnReject(sequence, LogIndex(3), After(1));
  EXPECT_EQ(progress_.match_index(), LogIndex(12));
  EXPECT_EQ(progress_.inflight_messages(), 1u) << "asked again at the pace of Stalled";
}

// etcd raft #54: the byte counter leaked on reset.
TEST_F(FollowerProgressTest, ABrokenStreamForgetsWhatWasInFlight) {
  Acknowledge(Send(12), 12);
  Send(13);
  Send(14);
  progress_.OnStreamDown();
  EXPECT_EQ(progress_.inflight_bytes(), 0u);
  EXPECT_EQ(progress_.next_index(), LogIndex(13));
  EXPECT_FALSE(progress_.CanSend());
  progress_.OnStreamUp();
  EXPECT_TRUE(progress_.CanSend());
  EXPECT_EQ(Send(13), 1) << "sequences start over with the stream";
}

TEST_F(FollowerProgressTest, AnUnansweredRequestIsOverdueAfterTheTimeout) {
  const Duration timeout = std::chrono::milliseconds(500);
  EXPECT_FALSE(progress_.Stalled(After(1000), timeout));
  Send(12);
  EXPECT_FALSE(progress_.Stalled(After(499), timeout));
  EXPECT_TRUE(progress_.Stalled(After(500), timeout));
  progress_.Restart();
  EXPECT_TRUE(progress_.CanSend());
}

// For check-quorum, only progress counts while something is outstanding.
TEST_F(FollowerProgressTest, AHeartbeatAnswerIsEvidenceOnlyIfNothingIsOutstanding) {
  progress_.OnContact(LogIndex(10), After(5));
  EXPECT_EQ(progress_.live_at(), kStart) << "the probe is not answered";
  Acknowledge(Send(10, 0), 10);
  progress_.OnContact(LogIndex(10), After(7));
  EXPECT_EQ(progress_.live_at(), After(7));
  Send(11);
  progress_.OnContact(LogIndex(11), After(9));
  EXPECT_EQ(progress_.live_at(), After(7)) << "its disk may hang";
  progress_.OnSuccess(2, LogIndex(11), RecordOffset(11), After(11));
  EXPECT_EQ(progress_.live_at(), After(11));
  EXPECT_EQ(progress_.last_contact(), After(9));
}

TEST_F(FollowerProgressTest, NothingIsSentWhileTheDiskReadsForThePeer) {
  progress_.OnReadStarted();
  EXPECT_FALSE(progress_.CanSend());
  progress_.OnReadDone();
  EXPECT_TRUE(progress_.CanSend());
}

}  // namespace
}  // namespace quorate::raft
