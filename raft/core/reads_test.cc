// Linearizable reads, message by message (Raft §6.4).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "raft/testing/lone_core.h"

namespace quorate::raft {
namespace {

using std::chrono::milliseconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;

void Read(LoneCore& node, Token token, Duration timeout = std::chrono::seconds(60)) {
  node.Step(event::StartRead{.token = token, .deadline = node.now() + timeout});
}

// A follower of controller 2 in epoch 1. It has two entries, of which one is committed.
class FollowerReadTest : public ::testing::Test {
 protected:
  FollowerReadTest() {
    node_.Receive(2, Heartbeat{.epoch = Epoch(1), .commit_index = LogIndex(1)});
    node_.Sync();
  }
  void Confirm(const ReadIndexRequest& request, int64_t index, bool confirmed = true) {
    node_.Receive(2, ReadIndexResponse{.token = request.token,
                                       .epoch = Epoch(1),
                                       .confirmed = confirmed,
                                       .read_index = LogIndex(index)});
  }

  LoneCore node_{3, {1, 1}};
};

TEST_F(FollowerReadTest, ReadsThatComeWhileAQuestionIsOpenShareTheNext) {
  Read(node_, 1);
  Read(node_, 2);
  Read(node_, 3);
  const std::vector<ReadIndexRequest> first = node_.TakeSent<ReadIndexRequest>(2);
  ASSERT_THAT(first, SizeIs(1));
  Confirm(first[0], 1);
  EXPECT_THAT(node_.TakeEffects<effect::ReadReady>(), SizeIs(1)) << "the others came later";
  const std::vector<ReadIndexRequest> second = node_.TakeSent<ReadIndexRequest>(2);
  ASSERT_THAT(second, SizeIs(1));
  Confirm(second[0], 1);
  EXPECT_THAT(node_.TakeEffects<effect::ReadReady>(), SizeIs(2));
}

TEST_F(FollowerReadTest, WaitsUntilItHasWhatTheLeaderHadCommitted) {
  Read(node_, 1);
  Confirm(node_.TakeSent<ReadIndexRequest>(2).at(0), 2);
  EXPECT_THAT(node_.TakeEffects<effect::ReadReady>(), IsEmpty());
  node_.Receive(2, Heartbeat{.epoch = Epoch(1), .commit_index = LogIndex(2)});
  EXPECT_THAT(node_.TakeEffects<effect::ReadReady>(), SizeIs(1));
}

TEST_F(FollowerReadTest, FailsWhenTheLeaderChangesMeanwhile) {
  Read(node_, 1);
  const ReadIndexRequest request = node_.TakeSent<ReadIndexRequest>(2).at(0);
  node_.Receive(3, Heartbeat{.epoch = Epoch(2)});
  EXPECT_THAT(node_.TakeEffects<effect::ReadFailed>(), SizeIs(1));
  Confirm(request, 1);
  EXPECT_THAT(node_.TakeEffects<effect::ReadReady>(), IsEmpty());
}

TEST_F(FollowerReadTest, FailsWhenTheLeaderCannotConfirm) {
  Read(node_, 1);
  Confirm(node_.TakeSent<ReadIndexRequest>(2).at(0), 0, /*confirmed=*/false);
  EXPECT_THAT(node_.TakeEffects<effect::ReadFailed>(), SizeIs(1));
}

TEST_F(FollowerReadTest, FailsWhenTheSessionWithTheLeaderBreaks) {
  Read(node_, 1);
  node_.Step(event::StreamDown{.peer = NodeId(2), .stream = StreamClass::kControl});
  EXPECT_THAT(node_.TakeEffects<effect::ReadFailed>(), SizeIs(1));
}

TEST_F(FollowerReadTest, FailsAtItsDeadlineInEveryStage) {
  Read(node_, 1, milliseconds(50));
  Read(node_, 2, milliseconds(60));
  Confirm(node_.TakeSent<ReadIndexRequest>(2).at(0), 2);  // 1: not committed here; 2: asked now
  Read(node_, 3, milliseconds(70));                       // 3: waits for the request of 2
  node_.Advance(milliseconds(80));
  EXPECT_THAT(node_.TakeEffects<effect::ReadFailed>(), SizeIs(3));
  node_.TakeSent<ReadIndexRequest>(2);
  Read(node_, 4);
  EXPECT_THAT(node_.TakeSent<ReadIndexRequest>(2), SizeIs(1)) << "the lost request blocks nothing";
}

TEST(UnattachedReadTest, WaitsForALeader) {
  LoneCore node(3, {1});
  Read(node, 1);
  EXPECT_THAT(node.TakeSent<ReadIndexRequest>(2), IsEmpty());
  node.Receive(2, Heartbeat{.epoch = Epoch(1)});
  EXPECT_THAT(node.TakeSent<ReadIndexRequest>(2), SizeIs(1));
}

class LeaderReadTest : public ::testing::Test {
 protected:
  LeaderReadTest() {
    node_.BecomeClaimedLeader();
    node_.TakeSent<Heartbeat>(2);
  }
  void AnswerHeartbeats() {
    for (const Heartbeat& heartbeat : node_.TakeSent<Heartbeat>(2)) {
      node_.Receive(
          2, HeartbeatResponse{.epoch = heartbeat.epoch, .read_sequence = heartbeat.read_sequence});
    }
  }

  LoneCore node_;
};

TEST_F(LeaderReadTest, ReadsThatComeDuringARoundShareTheNext) {
  for (Token token = 1; token <= 4; ++token) Read(node_, token);
  EXPECT_THAT(node_.TakeEffects<effect::ReadReady>(), IsEmpty());
  AnswerHeartbeats();
  EXPECT_THAT(node_.TakeEffects<effect::ReadReady>(), SizeIs(1));
  AnswerHeartbeats();
  EXPECT_THAT(node_.TakeEffects<effect::ReadReady>(), SizeIs(3));
}

TEST_F(LeaderReadTest, AnswersItsFollowers) {
  node_.Receive(3, ReadIndexRequest{.token = 5, .epoch = node_.core().epoch()});
  EXPECT_FALSE(node_.TakeReply<ReadIndexResponse>().has_value());
  AnswerHeartbeats();
  const auto response = node_.TakeReply<ReadIndexResponse>();
  ASSERT_TRUE(response.has_value());
  EXPECT_TRUE(response->confirmed);
  EXPECT_EQ(response->token, 5);
  EXPECT_EQ(response->read_index, LogIndex(1));
}

TEST_F(LeaderReadTest, ConfirmsNothingOnceItIsDeposed) {
  Read(node_, 1);
  node_.Receive(3, ReadIndexRequest{.token = 5, .epoch = node_.core().epoch()});
  node_.Receive(2, HeartbeatResponse{.epoch = node_.core().epoch() + 1, .read_sequence = 1});
  EXPECT_THAT(node_.TakeEffects<effect::ReadFailed>(), SizeIs(1));
  EXPECT_FALSE(node_.TakeReply<ReadIndexResponse>()->confirmed);
}

TEST_F(LeaderReadTest, AStreamOfReadsDoesNotDelayTheWatchOverTheQuorum) {
  for (Token token = 1; token <= 200; ++token) {
    Read(node_, token);
    node_.Advance(milliseconds(10));
  }
  EXPECT_FALSE(std::holds_alternative<Leader>(node_.core().role()));
}

}  // namespace
}  // namespace quorate::raft
