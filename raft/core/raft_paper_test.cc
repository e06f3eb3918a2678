// The rules of the Raft paper and dissertation, section by section.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "raft/testing/lone_core.h"

namespace quorate::raft {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

template <typename R>
bool Is(const LoneCore& node) {
  return std::holds_alternative<R>(const_cast<LoneCore&>(node).core().role());
}

AppendRequest MakeAppend(int32_t epoch, int64_t prev_index, int32_t prev_epoch,
                         std::vector<EntryPtr> entries = {}, int64_t commit = 0) {
  return {.epoch = Epoch(epoch),
          .sequence = 1,
          .prev_index = LogIndex(prev_index),
          .prev_epoch = Epoch(prev_epoch),
          .commit_index = LogIndex(commit),
          .entries = std::move(entries)};
}

VoteRequest MakeVote(int candidate, int32_t epoch, int32_t last_epoch = 0, int64_t last_index = 0) {
  return {.epoch = Epoch(epoch),
          .candidate = LoneCore::KeyOf(candidate),
          .last_epoch = Epoch(last_epoch),
          .last_index = LogIndex(last_index)};
}

// §5.1: a server that sees a higher epoch adopts it; a leader or candidate becomes a follower.
TEST(RaftPaperTest, Section51AHigherEpochIsAdoptedByEveryRole) {
  LoneCore follower;
  follower.Receive(2, MakeVote(2, 5));
  EXPECT_EQ(follower.core().epoch(), Epoch(5));

  LoneCore candidate;
  candidate.MeetDeadline();
  ASSERT_TRUE(Is<Prospective>(candidate));
  candidate.Receive(2, MakeAppend(3, 0, 0));
  EXPECT_TRUE(Is<Follower>(candidate));
  EXPECT_EQ(candidate.core().epoch(), Epoch(3));

  LoneCore leader;
  leader.BecomeLeader();
  leader.Receive(2, AppendResponse{.epoch = Epoch(4), .sequence = 1});
  EXPECT_TRUE(Is<Follower>(leader));
  EXPECT_EQ(leader.core().epoch(), Epoch(4));
}

// §5.1: a request from an older epoch is rejected.
TEST(RaftPaperTest, Section51AnOlderEpochIsRejected) {
  LoneCore node(3, {2, 2});
  node.Receive(2, MakeAppend(1, 2, 2, node.MakeEntries(3, {2}), 3));
  const auto append = node.TakeReply<AppendResponse>();
  ASSERT_TRUE(append.has_value());
  EXPECT_FALSE(append->success);
  EXPECT_EQ(append->epoch, Epoch(2)) << "so that the old leader learns";
  EXPECT_EQ(node.core().log().last_index(), LogIndex(2));

  node.Receive(2, MakeVote(2, 1, 9, 9));
  EXPECT_FALSE(node.TakeReply<VoteResponse>()->granted);
}

// §5.2: servers start as followers, and stay followers while they hear from a leader.
TEST(RaftPaperTest, Section52AFollowerThatHearsItsLeaderDoesNotStand) {
  LoneCore node;
  EXPECT_TRUE(Is<Follower>(node));
  for (int i = 0; i < 50; ++i) {
    node.Advance(std::chrono::milliseconds(100));
    node.Receive(2, Heartbeat{.epoch = Epoch(1)});
  }
  EXPECT_TRUE(Is<Follower>(node));
  EXPECT_EQ(node.core().leader(), NodeId(2));
}

// §5.2: a leader sends heartbeats to all others.
TEST(RaftPaperTest, Section52ALeaderSendsHeartbeats) {
  LoneCore node;
  node.BecomeLeader();
  node.TakeSent<Heartbeat>(2);
  node.TakeSent<Heartbeat>(3);
  node.Advance(node.core().options().heartbeat_interval);
  EXPECT_THAT(node.TakeSent<Heartbeat>(2), SizeIs(1));
  EXPECT_THAT(node.TakeSent<Heartbeat>(3), SizeIs(1));
}

// §5.2: a candidate raises its epoch, votes for itself and asks all others for their votes.
TEST(RaftPaperTest, Section52ACandidateVotesForItselfAndAsksAllOthers) {
  LoneCore node(5, {1, 1, 2});
  node.MeetDeadline();
  for (const int peer : {2, 3}) {
    node.Receive(
        peer,
        VoteResponse{
            .epoch = Epoch(2), .requested_epoch = Epoch(3), .granted = true, .pre_vote = true});
  }
  ASSERT_TRUE(Is<Candidate>(node));
  EXPECT_EQ(node.core().epoch(), Epoch(3));
  EXPECT_EQ(node.core().hard_state().vote, LoneCore::KeyOf(1));
  for (const int peer : {2, 3, 4, 5}) {
    const std::vector<VoteRequest> requests = node.TakeSent<VoteRequest>(peer);
    ASSERT_THAT(requests, SizeIs(2));
    EXPECT_FALSE(requests[1].pre_vote);
    EXPECT_EQ(requests[1].epoch, Epoch(3));
    EXPECT_EQ(requests[1].last_epoch, Epoch(2));
    EXPECT_EQ(requests[1].last_index, LogIndex(3));
  }
}

// §5.2: each server votes for at most one candidate in an epoch, first come first served, and
// remembers it across restarts.
TEST(RaftPaperTest, Section52OneVoteInAnEpoch) {
  LoneCore node;
  node.Receive(2, MakeVote(2, 1));
  node.Sync();
  EXPECT_TRUE(node.TakeReply<VoteResponse>()->granted);
  node.Receive(3, MakeVote(3, 1));
  EXPECT_FALSE(node.TakeReply<VoteResponse>()->granted);
  node.Restart();
  node.Receive(3, MakeVote(3, 1));
  EXPECT_FALSE(node.TakeReply<VoteResponse>()->granted);
  node.Receive(2, MakeVote(2, 1));
  EXPECT_TRUE(node.TakeReply<VoteResponse>()->granted) << "the same vote again";
}

// §5.2: a candidate that hears from a leader of its epoch follows it.
TEST(RaftPaperTest, Section52ACandidateYieldsToALeaderOfItsEpoch) {
  LoneCore node;
  node.MeetDeadline();
  node.Receive(2, VoteResponse{.requested_epoch = Epoch(1), .granted = true, .pre_vote = true});
  ASSERT_TRUE(Is<Candidate>(node));
  node.Receive(3, MakeAppend(1, 0, 0));
  EXPECT_TRUE(Is<Follower>(node));
  EXPECT_EQ(node.core().leader(), NodeId(3));
  EXPECT_EQ(node.core().hard_state().vote, LoneCore::KeyOf(1)) << "its vote stays given";
}

// §5.3: an entry is committed once a majority has it; so is every entry before it.
TEST(RaftPaperTest, Section53AMajorityCommits) {
  LoneCore node(5, {1, 1});
  node.BecomeLeader();
  node.Acknowledge(2);
  EXPECT_EQ(node.core().log().commit_index(), LogIndex(0));
  node.Acknowledge(3);
  EXPECT_EQ(node.core().log().commit_index(), LogIndex(3)) << "with the entries of epoch 1";
}

// §5.3: a follower applies what the leader has committed, but only as far as the logs are known to
// match.
TEST(RaftPaperTest, Section53AFollowerLearnsWhatIsCommitted) {
  LoneCore node(3, {1, 1, 1});
  node.Receive(2, MakeAppend(2, 1, 1, {}, /*commit=*/3));
  EXPECT_EQ(node.core().log().commit_index(), LogIndex(1)) << "entries 2 and 3 may be others there";
  node.Receive(2, MakeAppend(2, 2, 1, node.MakeEntries(3, {2}), /*commit=*/9));
  EXPECT_EQ(node.core().log().commit_index(), LogIndex(3));
}

// §5.3: the consistency check.
TEST(RaftPaperTest, Section53AFollowerRejectsWhatDoesNotFollowItsLog) {
  LoneCore node(3, {1, 1, 2});
  node.Receive(2, MakeAppend(3, 5, 2));
  EXPECT_FALSE(node.TakeReply<AppendResponse>()->success) << "a gap";
  node.Receive(2, MakeAppend(3, 3, 1));
  EXPECT_FALSE(node.TakeReply<AppendResponse>()->success) << "another entry there";
  node.Receive(2, MakeAppend(3, 3, 2));
  node.Sync();
  EXPECT_TRUE(node.TakeReply<AppendResponse>()->success);
}

// §5.3, figure 7: whatever a follower's log contains, the leader makes it equal to its own.
TEST(RaftPaperTest, Section53Figure7LogsAreRepaired) {
  const std::vector<int32_t> leader_epochs = {1, 1, 1, 4, 4, 5, 5, 6, 6, 6};
  const std::vector<std::vector<int32_t>> follower_logs = {{1, 1, 1, 4, 4, 5, 5, 6, 6},
                                                           {1, 1, 1, 4},
                                                           {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6},
                                                           {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7},
                                                           {1, 1, 1, 4, 4, 4, 4},
                                                           {1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3}};
  for (const std::vector<int32_t>& follower_epochs : follower_logs) {
    LoneCore leader(3, leader_epochs);
    LoneCore follower(3, follower_epochs);
    leader.Receive(3, MakeVote(3, 7));
    leader.BecomeLeader();
    ASSERT_EQ(leader.core().epoch(), Epoch(8));
    int rejections = 0;
    while (follower.core().log().end().checksum != leader.core().log().end().checksum) {
      const std::vector<AppendRequest> requests = leader.TakeSent<AppendRequest>(2);
      ASSERT_FALSE(requests.empty());
      for (const AppendRequest& request : requests) {
        follower.Receive(3, request);
        follower.Sync();
        const auto answer = follower.TakeReply<AppendResponse>();
        ASSERT_TRUE(answer.has_value());
        rejections += answer->success ? 0 : 1;
        leader.Receive(2, *answer);
      }
    }
    EXPECT_EQ(follower.core().log().last_index(), leader.core().log().last_index());
    EXPECT_LE(rejections, 3) << "a rejection skips an epoch, not an entry";
  }
}

// §5.3: a leader never changes its own log.
TEST(RaftPaperTest, Section53ALeaderKeepsItsLog) {
  LoneCore node(3, {1, 1, 2});
  node.BecomeLeader();
  EXPECT_EQ(node.core().log().last_index(), LogIndex(4));
  EXPECT_EQ(node.core().log().EpochAt(LogIndex(3)), Epoch(2));
}

// §5.4.1: only a candidate whose log is at least as up to date gets the vote.
TEST(RaftPaperTest, Section541TheLogDecidesWhoMayLead) {
  const struct {
    int32_t last_epoch;
    int64_t last_index;
    bool granted;
  } cases[] = {{2, 3, true},  {2, 4, true},  {3, 1, true},
               {2, 2, false}, {1, 9, false}, {0, 0, false}};
  for (const auto& c : cases) {
    LoneCore node(3, {1, 1, 2});
    node.Receive(2, MakeVote(2, 3, c.last_epoch, c.last_index));
    node.Sync();
    EXPECT_EQ(node.TakeReply<VoteResponse>()->granted, c.granted)
        << c.last_epoch << " " << c.last_index;
    EXPECT_EQ(node.core().epoch(), Epoch(3)) << "its epoch is adopted even so";
  }
}

// §5.4.2, figure 8: an entry of an earlier epoch can be on a majority of disks and still be lost.
// Only an entry of the leader's own epoch commits it.
TEST(RaftPaperTest, Section542EarlierEpochsAreNotCommittedByCounting) {
  LoneCore node(3, {1, 2});
  node.BecomeLeader();
  const std::vector<AppendRequest> requests = node.TakeSent<AppendRequest>(2);
  ASSERT_THAT(requests, SizeIs(1));
  node.Receive(2, AppendResponse{.epoch = node.core().epoch(),
                                 .sequence = requests[0].sequence,
                                 .success = true,
                                 .match_index = LogIndex(2)});
  EXPECT_EQ(node.core().log().commit_index(), LogIndex(0));
  node.Acknowledge(2);
  EXPECT_EQ(node.core().log().commit_index(), LogIndex(3));
}

// Dissertation §9.6, KIP-996: a pre-vote only asks; no node changes its epoch.
TEST(RaftPaperTest, Section96APreVoteMovesNoEpoch) {
  LoneCore node;
  node.MeetDeadline();
  EXPECT_TRUE(Is<Prospective>(node));
  EXPECT_EQ(node.core().epoch(), Epoch(0));
  VoteRequest request = MakeVote(2, 9);
  request.pre_vote = true;
  node.Receive(2, request);
  EXPECT_TRUE(node.TakeReply<VoteResponse>()->granted);
  EXPECT_EQ(node.core().epoch(), Epoch(0));
  EXPECT_FALSE(node.core().hard_state().vote.has_value());
}

// Dissertation §3.10: a node stands at once only if the leader of the current epoch orders it.
TEST(RaftPaperTest, Section310TimeoutNowIsObeyedInItsEpochOnly) {
  LoneCore node;
  node.Receive(2, Heartbeat{.epoch = Epoch(3)});
  node.Receive(2, TimeoutNow{.epoch = Epoch(2)});
  node.Receive(3, TimeoutNow{.epoch = Epoch(3)});
  EXPECT_TRUE(Is<Follower>(node)) << "an old one, and one that is not the leader's";
  node.Receive(2, TimeoutNow{.epoch = Epoch(3)});
  EXPECT_TRUE(Is<Candidate>(node));
  const std::vector<VoteRequest> requests = node.TakeSent<VoteRequest>(3);
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_TRUE(requests[0].transfer);
}

}  // namespace
}  // namespace quorate::raft
