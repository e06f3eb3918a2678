#include "raft/core/vote_tally.h"

#include <gtest/gtest.h>

namespace quorate::raft {
namespace {

ReplicaKey KeyOf(int id, char directory = 'a') {
  return {.node_id = NodeId(id),
          .directory_id = *Uuid::FromBytes(std::string(Uuid::kBytes, directory))};
}

VoteTally MakeTally(int nodes) {
  std::vector<Voter> voters;
  for (int id = 1; id <= nodes; ++id) voters.push_back({.key = KeyOf(id)});
  return VoteTally(VoterSet(std::move(voters)), KeyOf(1));
}

bool Anyone(const ReplicaKey&) { return true; }
bool NoOne(const ReplicaKey&) { return false; }

TEST(VoteTallyTest, AMajorityWins) {
  VoteTally tally = MakeTally(5);
  tally.Record(KeyOf(1), true);
  tally.Record(KeyOf(2), true);
  EXPECT_FALSE(tally.Won());
  tally.Record(KeyOf(3), true);
  EXPECT_TRUE(tally.Won());
}

TEST(VoteTallyTest, ItsOwnVoteMustBeAmongThem) {
  VoteTally tally = MakeTally(3);
  tally.Record(KeyOf(2), true);
  tally.Record(KeyOf(3), true);
  EXPECT_FALSE(tally.Won()) << "its own vote is not durable yet";
  tally.Record(KeyOf(1), true);
  EXPECT_TRUE(tally.Won());
}

TEST(VoteTallyTest, ASingleVoterWinsAlone) {
  VoteTally tally = MakeTally(1);
  EXPECT_FALSE(tally.Lost(NoOne));
  tally.Record(KeyOf(1), true);
  EXPECT_TRUE(tally.Won());
}

TEST(VoteTallyTest, OfARemovedCandidateItsOwnVoteIsNeededAndDoesNotCount) {
  VoteTally tally(VoterSet({{.key = KeyOf(2)}, {.key = KeyOf(3)}}), KeyOf(1));
  tally.Record(KeyOf(1), true);
  tally.Record(KeyOf(2), true);
  EXPECT_FALSE(tally.Won());
  tally.Record(KeyOf(3), true);
  EXPECT_TRUE(tally.Won());
}

TEST(VoteTallyTest, OnlyTheFirstAnswerOfAVoterCounts) {
  VoteTally tally = MakeTally(3);
  tally.Record(KeyOf(1), true);
  tally.Record(KeyOf(2), false);
  tally.Record(KeyOf(2), true);
  EXPECT_FALSE(tally.Won());
}

TEST(VoteTallyTest, OthersThanVotersDoNotCount) {
  VoteTally tally = MakeTally(3);
  tally.Record(KeyOf(1), true);
  tally.Record(KeyOf(9), true);
  tally.Record(KeyOf(2, 'b'), true);
  EXPECT_FALSE(tally.Won()) << "another directory is another replica";
  EXPECT_TRUE(tally.Counts(KeyOf(1)));
  EXPECT_TRUE(tally.Counts(KeyOf(2)));
  EXPECT_FALSE(tally.Counts(KeyOf(9)));
  EXPECT_FALSE(tally.Counts(KeyOf(2, 'b')));
}

TEST(VoteTallyTest, IsLostOnceAMajorityIsOutOfReach) {
  VoteTally tally = MakeTally(3);
  tally.Record(KeyOf(1), true);
  EXPECT_FALSE(tally.Lost(Anyone));
  EXPECT_TRUE(tally.Lost(NoOne));
  tally.Record(KeyOf(2), false);
  EXPECT_FALSE(tally.Lost(Anyone));
  EXPECT_TRUE(tally.Lost([](const ReplicaKey& voter) { return voter != KeyOf(3); }));
  tally.Record(KeyOf(3), false);
  EXPECT_TRUE(tally.Lost(Anyone));
}

}  // namespace
}  // namespace quorate::raft
