// Which peers are believed, and how far (trust.cc). What an unknown peer says changes nothing. What
// a voter says is checked against what is possible. A voter that this log does not name yet is
// still followed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "raft/testing/lone_core.h"
#include "raft/testing/snapshot_setup.h"

namespace quorate::raft {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Epoch kLastEpoch{std::numeric_limits<int32_t>::max()};
constexpr LogIndex kLastIndex{std::numeric_limits<int64_t>::max()};

template <typename R>
bool Is(LoneCore& node) {
  return std::holds_alternative<R>(node.core().role());
}

ReplicaKey StrangerUnder(int id) { return {NodeId(id), LoneCore::KeyOf(60).directory_id}; }

VoterSet VotersOf(const std::vector<ReplicaKey>& keys) {
  std::vector<Voter> voters;
  for (const ReplicaKey& key : keys) voters.push_back({.key = key});
  return VoterSet(std::move(voters));
}

// Every message that carries an epoch.
std::vector<Message> ClaimsOf(const ReplicaKey& who, Epoch epoch) {
  const VoterSet alone = VotersOf({who});
  return {VoteRequest{.epoch = epoch,
                      .candidate = who,
                      .last_epoch = epoch,
                      .last_index = LogIndex(100),
                      .transfer = true,
                      .voters = alone},
          VoteResponse{.epoch = epoch, .requested_epoch = epoch, .granted = true},
          Heartbeat{.epoch = epoch, .commit_index = kLastIndex, .voters = alone},
          HeartbeatResponse{.epoch = epoch, .read_sequence = 1, .voters = alone},
          AppendRequest{.epoch = epoch, .sequence = 1, .commit_index = kLastIndex},
          AppendResponse{.epoch = epoch, .sequence = 1, .success = true, .match_index = kLastIndex},
          ReadIndexRequest{.token = 1, .epoch = epoch},
          ReadIndexResponse{.token = 1, .epoch = epoch, .confirmed = true},
          TimeoutNow{.epoch = epoch},
          InstallSnapshot{.epoch = epoch,
                          .sequence = 1,
                          .id = {.end_offset = RecordOffset(100), .epoch = epoch},
                          .last_index = LogIndex(100)},
          InstallSnapshotResponse{.epoch = epoch, .sequence = 1}};
}

class StrangerTest : public ::testing::Test {
 protected:
  // The peer answers on none of this node's streams, so only its requests could have an effect.
  void ExpectMovesNothing(const ReplicaKey& who, Epoch epoch) {
    for (const Message& message : ClaimsOf(who, epoch)) {
      const HardState before = node_.core().hard_state();
      const LogIndex commit = node_.core().log().commit_index();
      const std::optional<NodeId> leader = node_.core().leader();
      const size_t role = node_.core().role().index();
      node_.Receive(who, message);
      const std::string what = ToString(message);
      EXPECT_EQ(node_.core().hard_state(), before) << what;
      EXPECT_EQ(node_.core().log().commit_index(), commit) << what;
      EXPECT_EQ(node_.core().leader(), leader) << what;
      EXPECT_EQ(node_.core().role().index(), role) << what;
      ASSERT_THAT(node_.TakeEffects<effect::Fatal>(), IsEmpty()) << what;
    }
  }
  void ExpectStrangersMoveNothing() {
    const Epoch now = node_.core().epoch();
    for (const Epoch epoch : {now, now + 1, now + 100, kMaxEpoch, kLastEpoch}) {
      for (const int id : {2, 3, 99}) ExpectMovesNothing(StrangerUnder(id), epoch);
    }
  }

  LoneCore node_{3, {1, 1}};
};

TEST_F(StrangerTest, MovesNothingWhereNobodyLeads) { ExpectStrangersMoveNothing(); }

TEST_F(StrangerTest, MovesNothingUnderTheLeadersNodeId) {
  node_.Receive(2, Heartbeat{.epoch = Epoch(2)});
  ASSERT_EQ(node_.core().leader(), NodeId(2));
  ExpectStrangersMoveNothing();
  node_.Step(event::PeerGoodbye{
      .peer = StrangerUnder(2), .reason = GoodbyeReason::kResigned, .epoch = Epoch(2)});
  EXPECT_EQ(node_.core().leader(), NodeId(2));
}

TEST_F(StrangerTest, MovesNoLeader) {
  node_.BecomeClaimedLeader();
  ExpectStrangersMoveNothing();
}

TEST_F(StrangerTest, ThatIsAnObserverMovesNoLeader) {
  node_.BecomeClaimedLeader();
  for (const StreamClass stream : kStreamClasses) {
    node_.Step(event::StreamUp{.peer = NodeId(99), .stream = stream, .key = StrangerUnder(99)});
  }
  for (const Epoch epoch : {node_.core().epoch(), node_.core().epoch() + 1, kLastEpoch}) {
    ExpectMovesNothing(StrangerUnder(99), epoch);
  }
}

TEST_F(StrangerTest, ConfirmsNoRead) {
  node_.Receive(2, Heartbeat{.epoch = Epoch(2)});
  node_.Sync();
  node_.Step(event::StartRead{.token = 5, .deadline = node_.now() + std::chrono::seconds(9)});
  const auto asked = node_.TakeSent<ReadIndexRequest>(2);
  ASSERT_THAT(asked, SizeIs(1));
  const ReadIndexResponse answer{.token = asked[0].token, .epoch = Epoch(2), .confirmed = true};
  node_.Receive(StrangerUnder(99), answer);
  node_.Receive(3, answer);
  EXPECT_THAT(node_.TakeEffects<effect::ReadReady>(), IsEmpty());
  node_.Receive(2, answer);
  EXPECT_THAT(node_.TakeEffects<effect::ReadReady>(), SizeIs(1));
}

TEST_F(StrangerTest, IsToldOf) {
  node_.Receive(StrangerUnder(2), Heartbeat{.epoch = Epoch(5)});
  const auto told = node_.TakeEffects<effect::Distrust>();
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].who, StrangerUnder(2));
  EXPECT_EQ(told[0].epoch, Epoch(5));
}

// What a voter says is checked against what is possible.

TEST(BoundsTest, AnEpochThatIsTooFarAheadIsNotTakenUp) {
  LoneCore node(3, {1, 1});
  const Epoch farthest(1 + kMaxEpochJump);
  for (const Epoch epoch : {farthest + 1, kMaxEpoch, kMaxEpoch + 1, kLastEpoch}) {
    for (const Message& message : ClaimsOf(LoneCore::KeyOf(2), epoch)) {
      node.Receive(2, message);
      ASSERT_EQ(node.core().epoch(), Epoch(1)) << ToString(message);
    }
  }
  node.Receive(2, Heartbeat{.epoch = farthest});
  EXPECT_EQ(node.core().epoch(), farthest);
  EXPECT_EQ(node.core().leader(), NodeId(2));
}

TEST(BoundsTest, ANewNodeJoinsAClusterOfAnyAge) {
  LoneCore node(3);
  node.Receive(2, Heartbeat{.epoch = kMaxEpoch + 1});
  EXPECT_EQ(node.core().epoch(), Epoch(0));
  node.Receive(2, Heartbeat{.epoch = kMaxEpoch});
  EXPECT_EQ(node.core().epoch(), kMaxEpoch);
}

TEST(BoundsTest, NobodyStandsBeyondTheLastEpoch) {
  LoneCore node(3, {kMaxEpoch.value()});
  node.Advance(std::chrono::seconds(10));
  EXPECT_TRUE(Is<Follower>(node));
}

TEST(BoundsTest, ACommitIndexThatCannotBeIsNotBelieved) {
  LoneCore node(3, {1, 1});
  for (const LogIndex commit : {LogIndex(3), kLastIndex}) {
    node.Receive(2, Heartbeat{.epoch = Epoch(2), .commit_index = commit});
    EXPECT_THAT(node.TakeEffects<effect::Fatal>(), IsEmpty());
    EXPECT_EQ(node.core().log().commit_index(), LogIndex(0));
  }
}

// An earlier process may have acknowledged what the disk has lost since then.
TEST(BoundsTest, ACommitIndexBeyondADiskThatWasOpenedInThisEpochIsItsLoss) {
  LoneCore node(3, {1, 1});
  node.Receive(2, Heartbeat{.epoch = Epoch(1), .commit_index = LogIndex(3)});
  const auto fatal = node.TakeEffects<effect::Fatal>();
  ASSERT_THAT(fatal, SizeIs(1));
  EXPECT_EQ(fatal[0].status.code(), absl::StatusCode::kDataLoss);
}

TEST(BoundsTest, AMatchBeyondTheLogIsIgnored) {
  LoneCore node;
  node.BecomeLeader();
  const AppendRequest sent = node.TakeSent<AppendRequest>(2).back();
  for (const LogIndex match : {node.core().log().last_index() + 1, kLastIndex}) {
    node.Receive(
        2,
        AppendResponse{
            .epoch = sent.epoch, .sequence = sent.sequence, .success = true, .match_index = match});
    EXPECT_EQ(node.core().log().commit_index(), LogIndex(0));
  }
}

TEST(BoundsTest, ARejectionMayHintAnywhere) {
  LoneCore node(3, {1, 1, 1});
  node.BecomeLeader();
  const AppendRequest sent = node.TakeSent<AppendRequest>(2).back();
  node.Receive(2, AppendResponse{.epoch = sent.epoch,
                                 .sequence = sent.sequence,
                                 .hint_index = kLastIndex,
                                 .hint_epoch = kLastEpoch});
  EXPECT_THAT(node.TakeSent<AppendRequest>(2), SizeIs(1));
}

TEST(BoundsTest, ARoundThatWasNotBegunIsConfirmedByNobody) {
  LoneCore node;
  node.BecomeClaimedLeader();
  node.Receive(2, HeartbeatResponse{.epoch = node.core().epoch(),
                                    .read_sequence = std::numeric_limits<int64_t>::max()});
  node.Step(event::StartRead{.token = 1, .deadline = node.now() + std::chrono::seconds(9)});
  EXPECT_THAT(node.TakeEffects<effect::ReadReady>(), IsEmpty());
}

TEST(BoundsTest, AnotherLeaderOfOurOwnEpochIsNotFollowed) {
  LoneCore node;
  node.BecomeClaimedLeader();
  const Epoch epoch = node.core().epoch();
  node.Receive(2, Heartbeat{.epoch = epoch});
  node.Receive(2, AppendRequest{.epoch = epoch, .sequence = 1});
  EXPECT_TRUE(Is<Leader>(node));
}

TEST(BoundsTest, ASecondLeaderOfAnEpochIsNotFollowed) {
  LoneCore node;
  node.Receive(2, Heartbeat{.epoch = Epoch(1)});
  node.Receive(3, Heartbeat{.epoch = Epoch(1)});
  EXPECT_EQ(node.core().leader(), NodeId(2));
}

TEST(BoundsTest, EntriesThatCannotBeAreDropped) {
  LoneCore node(3, {2, 2});
  const auto send = [&node](AppendRequest request) {
    node.Receive(2, std::move(request));
    EXPECT_EQ(node.core().log().last_index(), LogIndex(2));
    EXPECT_THAT(node.TakeEffects<effect::Fatal>(), IsEmpty());
  };
  const auto append = [](std::vector<EntryPtr> entries) {
    return AppendRequest{.epoch = Epoch(3),
                         .sequence = 1,
                         .prev_index = LogIndex(2),
                         .prev_epoch = Epoch(2),
                         .entries = std::move(entries)};
  };
  send(append(node.MakeEntries(3, {4})));  // of an epoch after its leader's
  send(append(node.MakeEntries(3, {3, 2})));
  std::vector<EntryPtr> gap = node.MakeEntries(3, {3, 3, 3});
  gap.erase(gap.begin() + 1);
  send(append(gap));
  const LogEnd& end = node.core().log().end();
  for (const std::string& payload : {std::string("no voters"), VoterSet().Encode()}) {
    send(append({Entry::Make({.type = EntryType::kVoters,
                              .epoch = Epoch(3),
                              .index = LogIndex(3),
                              .base_offset = end.offset,
                              .prev_checksum = end.checksum},
                             payload)}));
  }
}

// A voter that this log does not name yet.

class NewVoterTest : public ::testing::Test {
 protected:
  const ReplicaKey new_voter_ = LoneCore::KeyOf(4);
  // Voter 1 was replaced by voter 4, and this node has neither entry.
  const VoterSet voters_ = VotersOf({LoneCore::KeyOf(1), LoneCore::KeyOf(3), new_voter_});
  LoneCore node_{3, {1, 1}};
};

TEST_F(NewVoterTest, LeadsWhereItShowsItsVoters) {
  node_.Receive(new_voter_, Heartbeat{.epoch = Epoch(3)});
  EXPECT_EQ(node_.core().leader(), std::nullopt);
  node_.Receive(new_voter_, Heartbeat{.epoch = Epoch(3), .voters = voters_});
  EXPECT_EQ(node_.core().leader(), NodeId(4));
  // From now on it is known as the leader of this epoch.
  node_.Receive(new_voter_, AppendRequest{.epoch = Epoch(3),
                                          .sequence = 1,
                                          .prev_index = LogIndex(2),
                                          .prev_epoch = Epoch(1),
                                          .entries = node_.MakeEntries(3, {3})});
  EXPECT_EQ(node_.core().log().last_index(), LogIndex(3));
}

TEST_F(NewVoterTest, DeposesNoLiveLeader) {
  node_.Receive(2, Heartbeat{.epoch = Epoch(2)});
  node_.Receive(new_voter_, Heartbeat{.epoch = Epoch(3), .voters = voters_});
  EXPECT_EQ(node_.core().leader(), NodeId(2));
  node_.Pause(std::chrono::milliseconds(500));
  node_.Receive(new_voter_, Heartbeat{.epoch = Epoch(3), .voters = voters_});
  EXPECT_EQ(node_.core().leader(), NodeId(4));
}

TEST_F(NewVoterTest, LeadsWhereVotersThatAllAreNewHoldThisNode) {
  node_.Receive(
      new_voter_,
      Heartbeat{.epoch = Epoch(3),
                .voters = VotersOf({LoneCore::KeyOf(1), LoneCore::KeyOf(5), new_voter_})});
  EXPECT_EQ(node_.core().leader(), NodeId(4));
}

// A node id alone makes no replica familiar.
TEST_F(NewVoterTest, IsNotBelievedWhereItKnowsNobody) {
  node_.Receive(new_voter_,
                Heartbeat{.epoch = Epoch(3),
                          .voters = VotersOf({StrangerUnder(1), StrangerUnder(2), new_voter_})});
  EXPECT_EQ(node_.core().leader(), std::nullopt);
  EXPECT_EQ(node_.core().epoch(), Epoch(1));
}

// A replica that answers where the configuration says that a voter listens is the one that the
// operator means.
TEST_F(NewVoterTest, LeadsWhereItAnswersUnderAConfiguredNodeId) {
  const ReplicaKey wiped = StrangerUnder(2);
  node_.Step(event::StreamUp{.peer = NodeId(2), .stream = StreamClass::kControl, .key = wiped});
  node_.Receive(wiped, Heartbeat{.epoch = Epoch(3)});
  EXPECT_EQ(node_.core().leader(), NodeId(2));
}

// It became a voter by an entry that only an earlier leader has. It stood for election, and is
// stuck in a later epoch.
TEST_F(NewVoterTest, UnseatsALeaderWhoseHeartbeatItRefuses) {
  node_.BecomeClaimedLeader();
  for (const StreamClass stream : kStreamClasses) {
    node_.Step(event::StreamUp{.peer = NodeId(4), .stream = stream, .key = new_voter_});
  }
  const Epoch later = node_.core().epoch() + 2;
  node_.Receive(new_voter_, HeartbeatResponse{.epoch = later});
  EXPECT_TRUE(Is<Leader>(node_));
  node_.Receive(new_voter_, HeartbeatResponse{.epoch = later, .voters = voters_});
  EXPECT_TRUE(Is<Follower>(node_));
  EXPECT_EQ(node_.core().epoch(), later);
}

}  // namespace
}  // namespace quorate::raft
