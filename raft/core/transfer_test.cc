// The hand-over of leadership, message by message (Raft dissertation §3.10).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "raft/testing/lone_core.h"

namespace quorate::raft {
namespace {

using std::chrono::milliseconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class TransferTest : public ::testing::Test {
 protected:
  TransferTest() { node_.BecomeClaimedLeader(); }

  void Start(std::optional<int> target) {
    node_.Step(event::StartTransfer{
        .token = 1, .target = target ? std::optional(NodeId(*target)) : std::nullopt});
  }
  void Remove(int voter) {
    const VoterSet voters = node_.core().log().voters().Without(NodeId(voter));
    node_.Step(event::Propose{{{.expected_epoch = node_.core().epoch(),
                                .expected_base_offset = node_.core().log().end_offset(),
                                .type = EntryType::kVoters,
                                .payload = voters.Encode()}}});
  }
  void ConfirmPause() { node_.Step(event::PauseConfirmed{node_.core().epoch()}); }
  // Returns UNKNOWN while there is no outcome.
  absl::Status Outcome() {
    const auto done = node_.TakeEffects<effect::TransferDone>();
    return done.empty() ? absl::UnknownError("") : done[0].status;
  }
  bool WasSent(int target) { return !node_.TakeSent<TimeoutNow>(target).empty(); }

  LoneCore node_;
};

TEST_F(TransferTest, IsRefusedWhereItCannotSucceed) {
  Start(1);
  EXPECT_EQ(Outcome().code(), absl::StatusCode::kFailedPrecondition) << "to itself";
  Start(9);
  EXPECT_EQ(Outcome().code(), absl::StatusCode::kFailedPrecondition) << "to a stranger";
  node_.Step(event::StreamDown{.peer = NodeId(2), .stream = StreamClass::kControl});
  Start(2);
  EXPECT_EQ(Outcome().code(), absl::StatusCode::kFailedPrecondition) << "not in contact";
  Start(3);
  Start(3);
  EXPECT_EQ(Outcome().code(), absl::StatusCode::kFailedPrecondition) << "one at a time";
  LoneCore follower;
  follower.Step(event::StartTransfer{.token = 1});
  EXPECT_THAT(follower.TakeEffects<effect::TransferDone>(), SizeIs(1));
}

TEST_F(TransferTest, GoesToTheMostCaughtUpWithoutATarget) {
  node_.Propose("a");
  node_.Sync();
  node_.Acknowledge(3);
  Start(std::nullopt);
  ConfirmPause();
  EXPECT_TRUE(WasSent(3));
}

TEST_F(TransferTest, FailsIfTheTargetIsRemovedBeforeThePause) {
  Start(3);
  Remove(3);
  EXPECT_EQ(Outcome().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(node_.TakeEffects<effect::Resume>(), SizeIs(1));
  node_.Sync();
  node_.Acknowledge(2);
  node_.Acknowledge(3);
  ConfirmPause();
  EXPECT_FALSE(WasSent(3));
}

TEST_F(TransferTest, ARemovedLeaderLooksForAnotherTargetIfThatIsRemovedToo) {
  Remove(1);
  node_.Sync();
  node_.Acknowledge(2);
  node_.Acknowledge(3);
  EXPECT_THAT(node_.TakeEffects<effect::Pause>(), SizeIs(1));
  Remove(2);
  node_.Sync();
  EXPECT_TRUE(std::holds_alternative<Leader>(node_.core().role())) << "until that is committed";
  node_.Acknowledge(3);
  EXPECT_THAT(node_.TakeEffects<effect::Pause>(), SizeIs(1));
  ConfirmPause();
  EXPECT_FALSE(WasSent(2));
  EXPECT_TRUE(WasSent(3));
}

TEST_F(TransferTest, WaitsForThePauseAndForTheTargetToHaveEverything) {
  node_.Propose("a");
  Start(3);
  EXPECT_THAT(node_.TakeEffects<effect::Pause>(), SizeIs(1));
  node_.Propose("decided before the pause");
  node_.Sync();
  node_.Acknowledge(2);
  ConfirmPause();
  EXPECT_FALSE(WasSent(3)) << "committed, but not on the target";
  node_.Acknowledge(3);
  EXPECT_TRUE(WasSent(3));
}

// Found by the simulator.
TEST_F(TransferTest, AnotherDirectoryUnderTheTargetsIdIsNotToldToStand) {
  Start(3);
  node_.Step(event::StreamDown{.peer = NodeId(3), .stream = StreamClass::kControl});
  const ReplicaKey other = {.node_id = NodeId(3), .directory_id = LoneCore::KeyOf(9).directory_id};
  node_.Step(event::StreamUp{.peer = NodeId(3), .stream = StreamClass::kControl, .key = other});
  ConfirmPause();
  EXPECT_FALSE(WasSent(3));
  node_.MeetDeadline();
  EXPECT_EQ(Outcome().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(TransferTest, AConfirmationOfAnEarlierPauseDoesNotCount) {
  Start(3);
  node_.Step(event::PauseConfirmed{node_.core().epoch() - 1});
  EXPECT_FALSE(WasSent(3));
}

TEST_F(TransferTest, FailsAfterOneHeartbeatIntervalIfTheTargetIsBehind) {
  node_.Propose("a");
  Start(3);
  ConfirmPause();
  node_.Advance(milliseconds(100));
  EXPECT_EQ(Outcome().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(node_.TakeEffects<effect::Resume>(), SizeIs(1));
  EXPECT_FALSE(WasSent(3)) << "a target that cannot win only disturbs";
}

TEST_F(TransferTest, SucceedsOnceAnotherLeads) {
  Start(3);
  ConfirmPause();
  const Epoch next = node_.core().epoch() + 1;
  node_.Receive(3, VoteRequest{.epoch = next,
                               .candidate = LoneCore::KeyOf(3),
                               .last_epoch = node_.core().log().last_epoch(),
                               .last_index = node_.core().log().last_index(),
                               .transfer = true});
  EXPECT_EQ(Outcome().code(), absl::StatusCode::kUnknown);
  EXPECT_THAT(node_.TakeEffects<effect::Renounce>(), SizeIs(1));
  node_.Receive(3, Heartbeat{.epoch = next});
  EXPECT_TRUE(Outcome().ok());
  EXPECT_THAT(node_.TakeEffects<effect::Resume>(), IsEmpty());
}

TEST_F(TransferTest, WithAFullDiskLeadershipIsOfferedToOneAfterTheOther) {
  const auto offer = [this] {
    node_.Step(event::Wake{.disk_is_full = true});
    ConfirmPause();
  };
  offer();
  EXPECT_TRUE(WasSent(2));
  EXPECT_FALSE(WasSent(3));
  // Controller 2 has no room either.
  for (int i = 0; i < 20; ++i) {
    node_.Advance(milliseconds(100));
    for (const int peer : {2, 3}) {
      node_.Receive(peer, HeartbeatResponse{.epoch = node_.core().epoch()});
    }
  }
  EXPECT_TRUE(std::holds_alternative<Leader>(node_.core().role())) << "reads still need a leader";
  offer();
  EXPECT_TRUE(WasSent(3));
  EXPECT_FALSE(WasSent(2));
}

TEST_F(TransferTest, WithAFullDiskNobodyTakesOver) {
  LoneCore follower;
  const auto order = [&follower] {
    follower.Receive(2, Heartbeat{.epoch = Epoch(1)});
    follower.Receive(2, TimeoutNow{.epoch = Epoch(1)});
    return follower.core().epoch();
  };
  follower.Step(event::Wake{.disk_is_full = true});
  EXPECT_EQ(order(), Epoch(1));
  follower.Step(event::Wake{});
  EXPECT_EQ(order(), Epoch(2));
}

}  // namespace
}  // namespace quorate::raft
