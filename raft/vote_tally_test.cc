#include "raft/vote_tally.h"

#include <gtest/gtest.h>

namespace quorate::raft {
namespace {

VoteTally MakeTally(int nodes) {
  std::vector<Voter> voters;
  for (int id = 1; id <= nodes; ++id) voters.push_back({.key = {.node_id = NodeId(id)}});
  return VoteTally(VoterSet(std::move(voters)), NodeId(1));
}

bool Anyone(NodeId) { return true; }
bool NoOne(NodeId) { return false; }

TEST(VoteTallyTest, AMajorityWins) {
  VoteTally tally = MakeTally(5);
  tally.Record(NodeId(1), true);
  tally.Record(NodeId(2), true);
  EXPECT_FALSE(tally.Won());
  tally.Record(NodeId(3), true);
  EXPECT_TRUE(tally.Won());
}

TEST(VoteTallyTest, ItsOwnVoteMustBeAmongThem) {
  VoteTally tally = MakeTally(3);
  tally.Record(NodeId(2), true);
  tally.Record(NodeId(3), true);
  EXPECT_FALSE(tally.Won()) << "its own vote is not durable yet";
  tally.Record(NodeId(1), true);
  EXPECT_TRUE(tally.Won());
}

TEST(VoteTallyTest, ASingleVoterWinsAlone) {
  VoteTally tally = MakeTally(1);
  EXPECT_FALSE(tally.Lost(NoOne));
  tally.Record(NodeId(1), true);
  EXPECT_TRUE(tally.Won());
}

TEST(VoteTallyTest, OnlyTheFirstAnswerOfAVoterCounts) {
  VoteTally tally = MakeTally(3);
  tally.Record(NodeId(1), true);
  tally.Record(NodeId(2), false);
  tally.Record(NodeId(2), true);
  EXPECT_FALSE(tally.Won());
}

TEST(VoteTallyTest, OthersThanVotersDoNotCount) {
  VoteTally tally = MakeTally(3);
  tally.Record(NodeId(1), true);
  tally.Record(NodeId(9), true);
  EXPECT_FALSE(tally.Won());
}

TEST(VoteTallyTest, IsLostOnceAMajorityIsOutOfReach) {
  VoteTally tally = MakeTally(3);
  tally.Record(NodeId(1), true);
  EXPECT_FALSE(tally.Lost(Anyone));
  EXPECT_TRUE(tally.Lost(NoOne));
  tally.Record(NodeId(2), false);
  EXPECT_FALSE(tally.Lost(Anyone));
  EXPECT_TRUE(tally.Lost([](NodeId id) { return id != NodeId(3); }));
  tally.Record(NodeId(3), false);
  EXPECT_TRUE(tally.Lost(Anyone));
}

}  // namespace
}  // namespace quorate::raft
