// Who is refused a vote, and what follows the death of a leader (docs/ARCHITECTURE.md, "Death is
// noticed when the connection breaks").
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "raft/testing/lone_core.h"

namespace quorate::raft {
namespace {

using std::chrono::milliseconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;

template <typename R>
bool Is(LoneCore& node) {
  return std::holds_alternative<R>(node.core().role());
}

// Candidate 3 asks for a vote in epoch 9. No log is longer than its own.
VoteRequest MakeVote(bool pre_vote = false, bool transfer = false) {
  return {.epoch = Epoch(9),
          .candidate = LoneCore::KeyOf(3),
          .last_epoch = Epoch(8),
          .last_index = LogIndex(99),
          .pre_vote = pre_vote,
          .transfer = transfer};
}

// Returns whether the node grants the vote once its disk has everything.
bool Grants(LoneCore& node, const VoteRequest& request) {
  node.Receive(3, request);
  node.Sync();
  return node.TakeReply<VoteResponse>()->granted;
}

Duration UntilItStands(LoneCore& node) {
  return std::get<Follower>(node.core().role()).election_deadline - node.now();
}

// A follower of controller 2, which leads epoch 1.
class FollowerTest : public ::testing::Test {
 protected:
  FollowerTest() {
    node_.Receive(2, Heartbeat{.epoch = Epoch(1)});
    node_.Sync();
  }
  void LoseLeader() {
    node_.Step(event::StreamDown{.peer = NodeId(2), .stream = StreamClass::kAppend});
    node_.Step(event::StreamDown{.peer = NodeId(2), .stream = StreamClass::kControl});
    node_.Step(event::PeerDead{NodeId(2)});
  }
  void LoseRound() {
    ASSERT_TRUE(Is<Prospective>(node_));
    node_.Receive(3,
                  VoteResponse{.epoch = Epoch(1), .requested_epoch = Epoch(2), .pre_vote = true});
    ASSERT_TRUE(Is<Follower>(node_));
  }

  LoneCore node_;
};

TEST_F(FollowerTest, RefusesWhileItsLeaderIsAtWorkAndBelievesNoEpoch) {
  EXPECT_FALSE(Grants(node_, MakeVote(/*pre_vote=*/true)));
  EXPECT_FALSE(Grants(node_, MakeVote()));
  EXPECT_EQ(node_.core().epoch(), Epoch(1));
  EXPECT_EQ(node_.core().leader(), NodeId(2));
}

TEST_F(FollowerTest, GrantsOnceItsLeaderIsSilentForTheMinimumTimeout) {
  node_.Advance(milliseconds(499));
  EXPECT_FALSE(Grants(node_, MakeVote()));
  node_.Advance(milliseconds(1));
  EXPECT_TRUE(Grants(node_, MakeVote()));
}

TEST_F(FollowerTest, GrantsOnceItsOwnSessionWithTheLeaderBroke) {
  node_.Step(event::StreamDown{.peer = NodeId(2), .stream = StreamClass::kControl});
  EXPECT_TRUE(Grants(node_, MakeVote()));
}

TEST_F(FollowerTest, ABrokenAppendStreamAloneIsNoBrokenSession) {
  node_.Step(event::StreamDown{.peer = NodeId(2), .stream = StreamClass::kAppend});
  EXPECT_FALSE(Grants(node_, MakeVote()));
}

TEST_F(FollowerTest, ANewSessionWithTheLeaderMustFirstCarryItsMessage) {
  node_.Step(event::StreamDown{.peer = NodeId(2), .stream = StreamClass::kControl});
  node_.Step(event::StreamUp{
      .peer = NodeId(2), .stream = StreamClass::kControl, .key = LoneCore::KeyOf(2)});
  EXPECT_TRUE(Grants(node_, MakeVote(/*pre_vote=*/true))) << "it may have been started anew";
  node_.Receive(2, Heartbeat{.epoch = Epoch(1)});
  EXPECT_FALSE(Grants(node_, MakeVote(/*pre_vote=*/true)));
}

TEST_F(FollowerTest, AGoodbyeToReconnectMeansNothing) {
  node_.Step(event::PeerGoodbye{
      .peer = LoneCore::KeyOf(2), .reason = GoodbyeReason::kReconnecting, .epoch = Epoch(1)});
  EXPECT_FALSE(Grants(node_, MakeVote()));
  EXPECT_EQ(node_.core().leader(), NodeId(2));
}

TEST_F(FollowerTest, AVoteOfAHandOverIsNotRefused) {
  EXPECT_TRUE(Grants(node_, MakeVote(/*pre_vote=*/false, /*transfer=*/true)));
}

TEST(LeaderTest, RefusesWhileItsQuorumIsLiveAndBelievesNoEpoch) {
  LoneCore node;
  node.BecomeClaimedLeader();
  EXPECT_FALSE(Grants(node, MakeVote(/*pre_vote=*/true)));
  EXPECT_FALSE(Grants(node, MakeVote()));
  EXPECT_TRUE(Is<Leader>(node));
}

TEST(LeaderTest, GrantsAHandOver) {
  LoneCore node;
  node.BecomeClaimedLeader();
  EXPECT_TRUE(Grants(node, MakeVote(/*pre_vote=*/false, /*transfer=*/true)));
  EXPECT_TRUE(Is<Follower>(node));
}

TEST(LeaderTest, ResignsAndGrantsWithoutAQuorum) {
  LoneCore node;
  node.BecomeClaimedLeader();
  node.Advance(milliseconds(1100));
  EXPECT_TRUE(Is<Follower>(node));
  EXPECT_THAT(node.TakeEffects<effect::SayGoodbye>(), SizeIs(1));
  EXPECT_TRUE(Grants(node, MakeVote()));
}

TEST(LeaderTest, AnsweredHeartbeatsKeepAnIdleLeaderInOffice) {
  LoneCore node;
  node.BecomeClaimedLeader();
  for (int i = 0; i < 50; ++i) {
    node.Advance(milliseconds(100));
    node.Receive(2, HeartbeatResponse{.epoch = node.core().epoch()});
  }
  EXPECT_TRUE(Is<Leader>(node));
}

TEST(NoticedDeathTest, SurvivorsStandOneAfterTheOther) {
  // This node is controller 1 of five. The survivors stand in cyclic order after the dead leader.
  for (const auto& [dead, rank] : {std::pair(5, 0), {4, 1}, {3, 2}, {2, 3}}) {
    LoneCore node(5);
    node.Receive(dead, Heartbeat{.epoch = Epoch(1)});
    node.Step(event::PeerDead{NodeId(dead)});
    EXPECT_EQ(node.core().leader(), std::nullopt) << "requests wait for the next leader";
    EXPECT_GE(UntilItStands(node), rank * milliseconds(15));
    EXPECT_LT(UntilItStands(node), rank * milliseconds(15) + milliseconds(5));
  }
}

TEST_F(FollowerTest, TheDeathOfAnotherThanTheLeaderMeansNothing) {
  node_.Step(event::PeerDead{NodeId(3)});
  EXPECT_EQ(node_.core().leader(), NodeId(2));
  EXPECT_GE(UntilItStands(node_), milliseconds(500));
}

TEST_F(FollowerTest, ARoundThatIsLostIsRepeatedFiveTimesThenTimersRun) {
  LoseLeader();
  node_.MeetDeadline();
  for (int i = 0; i < 5; ++i) {
    LoseRound();
    EXPECT_GE(UntilItStands(node_), milliseconds(10)) << i;
    EXPECT_LT(UntilItStands(node_), milliseconds(30)) << i;
    node_.MeetDeadline();
  }
  LoseRound();
  EXPECT_GE(UntilItStands(node_), milliseconds(500));
}

TEST_F(FollowerTest, AFalseAlarmEndsWithTheLeadersNextMessage) {
  LoseLeader();
  node_.Receive(2, Heartbeat{.epoch = Epoch(1)});
  EXPECT_EQ(node_.core().leader(), NodeId(2));
  EXPECT_GE(UntilItStands(node_), milliseconds(500));
}

TEST_F(FollowerTest, AFalseAlarmEndsWithANewSession) {
  LoseLeader();
  node_.Step(event::StreamUp{
      .peer = NodeId(2), .stream = StreamClass::kControl, .key = LoneCore::KeyOf(2)});
  EXPECT_GE(UntilItStands(node_), milliseconds(500));
}

TEST_F(FollowerTest, WhoVotedForAnotherDoesNotStandAgainstIt) {
  LoseLeader();
  EXPECT_TRUE(Grants(node_, MakeVote()));
  EXPECT_GE(UntilItStands(node_), milliseconds(500));
}

TEST_F(FollowerTest, WhoRefusedForItsLongerLogStandsAsItWouldHave) {
  node_.Receive(
      2, AppendRequest{.epoch = Epoch(1), .sequence = 1, .entries = node_.MakeEntries(1, {1})});
  LoseLeader();
  const Duration before = UntilItStands(node_);
  VoteRequest request = MakeVote();
  request.last_epoch = Epoch(0);
  EXPECT_FALSE(Grants(node_, request));
  EXPECT_EQ(node_.core().epoch(), Epoch(9));
  EXPECT_EQ(UntilItStands(node_), before);
}

TEST_F(FollowerTest, AResignationCountsAsDeathAtOnce) {
  node_.Step(event::PeerGoodbye{
      .peer = LoneCore::KeyOf(2), .reason = GoodbyeReason::kResigned, .epoch = Epoch(1)});
  EXPECT_EQ(node_.core().leader(), std::nullopt);
  EXPECT_LT(UntilItStands(node_), milliseconds(20));
  EXPECT_TRUE(Grants(node_, MakeVote()));
}

TEST_F(FollowerTest, AResignationOfAnEarlierEpochMeansNothing) {
  node_.Step(event::PeerGoodbye{
      .peer = LoneCore::KeyOf(2), .reason = GoodbyeReason::kResigned, .epoch = Epoch(0)});
  EXPECT_EQ(node_.core().leader(), NodeId(2));
}

TEST_F(FollowerTest, WhatAResignedLeaderSentBeforeItsGoodbyeIsKeptButItIsNotFollowed) {
  node_.Step(event::PeerGoodbye{
      .peer = LoneCore::KeyOf(2), .reason = GoodbyeReason::kResigned, .epoch = Epoch(1)});
  node_.Receive(
      2, AppendRequest{.epoch = Epoch(1), .sequence = 1, .entries = node_.MakeEntries(1, {1})});
  EXPECT_EQ(node_.core().log().last_index(), LogIndex(1));
  EXPECT_EQ(node_.core().leader(), std::nullopt);
  EXPECT_LT(UntilItStands(node_), milliseconds(20));
}

// Found by the simulator.
TEST_F(FollowerTest, WhoLearnsInItsRoundThatItWasRemovedDoesNotStand) {
  node_.Step(event::PeerGoodbye{
      .peer = LoneCore::KeyOf(2), .reason = GoodbyeReason::kResigned, .epoch = Epoch(1)});
  node_.MeetDeadline();
  ASSERT_THAT(node_.TakeSent<VoteRequest>(3), SizeIs(1));
  const VoterSet others = node_.core().log().voters().Without(NodeId(1));
  const EntryPtr removal = Entry::Make(
      {.type = EntryType::kVoters, .epoch = Epoch(1), .index = LogIndex(1)}, others.Encode());
  node_.Receive(
      2, AppendRequest{
             .epoch = Epoch(1), .sequence = 1, .commit_index = LogIndex(1), .entries = {removal}});
  node_.Receive(
      3, VoteResponse{
             .epoch = Epoch(1), .requested_epoch = Epoch(2), .granted = true, .pre_vote = true});
  EXPECT_TRUE(Is<Follower>(node_));
  EXPECT_EQ(node_.core().epoch(), Epoch(1));
}

// Found by the simulator's checks: the follower did not notice it as a leader until its own
// election round ended.
TEST_F(FollowerTest, AResignedLeaderThatIsElectedAgainIsFollowed) {
  node_.Step(event::PeerGoodbye{
      .peer = LoneCore::KeyOf(2), .reason = GoodbyeReason::kResigned, .epoch = Epoch(1)});
  node_.Receive(2, Heartbeat{.epoch = Epoch(2)});
  EXPECT_EQ(node_.core().leader(), NodeId(2));
  EXPECT_GE(UntilItStands(node_), milliseconds(500));
}

TEST_F(FollowerTest, AResignationAndTheEndOfTheProcessAreOneDeath) {
  node_.Step(event::PeerGoodbye{
      .peer = LoneCore::KeyOf(2), .reason = GoodbyeReason::kResigned, .epoch = Epoch(1)});
  node_.Step(event::StreamDown{.peer = NodeId(2), .stream = StreamClass::kControl});
  node_.MeetDeadline();
  LoseRound();
  const Duration before = UntilItStands(node_);
  LoseLeader();
  EXPECT_EQ(UntilItStands(node_), before);
}

TEST(CandidateTest, AVoterWhoseStreamOpensDuringTheRoundIsAskedToo) {
  LoneCore node(5);
  node.Step(event::StreamDown{.peer = NodeId(2), .stream = StreamClass::kControl});
  node.MeetDeadline();
  EXPECT_THAT(node.TakeSent<VoteRequest>(2), IsEmpty());
  node.Step(event::StreamUp{
      .peer = NodeId(2), .stream = StreamClass::kControl, .key = LoneCore::KeyOf(2)});
  EXPECT_THAT(node.TakeSent<VoteRequest>(2), SizeIs(1));
}

TEST(CandidateTest, ARoundIsLostOnceTooFewCanStillAnswer) {
  LoneCore node;
  node.MeetDeadline();
  node.Step(event::StreamDown{.peer = NodeId(2), .stream = StreamClass::kControl});
  EXPECT_TRUE(Is<Prospective>(node));
  node.Step(event::StreamDown{.peer = NodeId(3), .stream = StreamClass::kControl});
  EXPECT_TRUE(Is<Follower>(node));
}

// Other directories now answer under the ids of both voters, so the round cannot be won. That is
// counted at the next answer of a voter, or when a stream ends.
TEST(CandidateTest, AnAnswerOfAnotherThanAVoterEndsNoRound) {
  LoneCore node;
  node.MeetDeadline();
  for (const int peer : {2, 3}) {
    node.Step(event::StreamUp{
        .peer = NodeId(peer),
        .stream = StreamClass::kControl,
        .key = {.node_id = NodeId(peer), .directory_id = LoneCore::KeyOf(8).directory_id}});
  }
  node.Step(event::StreamUp{
      .peer = NodeId(9), .stream = StreamClass::kControl, .key = LoneCore::KeyOf(9)});
  node.Receive(9, VoteResponse{.requested_epoch = Epoch(1), .granted = true, .pre_vote = true});
  EXPECT_TRUE(Is<Prospective>(node));
}

TEST(CandidateTest, LeadsOnlyOnceItsOwnVoteIsDurable) {
  LoneCore node;
  node.MeetDeadline();
  node.Receive(2, VoteResponse{.requested_epoch = Epoch(1), .granted = true, .pre_vote = true});
  for (const int peer : {2, 3}) {
    node.Receive(peer,
                 VoteResponse{.epoch = Epoch(1), .requested_epoch = Epoch(1), .granted = true});
  }
  EXPECT_TRUE(Is<Candidate>(node)) << "two others granted, and yet";
  node.Sync();
  EXPECT_TRUE(Is<Leader>(node));
}

}  // namespace
}  // namespace quorate::raft
