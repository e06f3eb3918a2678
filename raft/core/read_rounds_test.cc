#include "raft/core/read_rounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quorate::raft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<Token> Tokens(const std::vector<PendingRead>& reads) {
  std::vector<Token> tokens;
  for (const PendingRead& read : reads) tokens.push_back(read.token);
  return tokens;
}

TEST(ReadRoundsTest, ARoundServesAllReadsThatCameBeforeIt) {
  ReadRounds rounds;
  EXPECT_FALSE(rounds.Begin(LogIndex(5)));
  rounds.Add({.token = 1});
  rounds.Add({.token = 2, .session = 9});
  EXPECT_TRUE(rounds.Begin(LogIndex(5)));
  EXPECT_TRUE(rounds.is_under_way());
  EXPECT_EQ(rounds.sequence(), 1);
  EXPECT_THAT(Tokens(rounds.Finish()), ElementsAre(1, 2));
  EXPECT_EQ(rounds.read_index(), LogIndex(5));
  EXPECT_FALSE(rounds.is_under_way());
  EXPECT_FALSE(rounds.Begin(LogIndex(6)));
}

TEST(ReadRoundsTest, ALaterReadWaitsForTheNextRound) {
  ReadRounds rounds;
  rounds.Add({.token = 1});
  rounds.Begin(LogIndex(5));
  rounds.Add({.token = 2});
  EXPECT_FALSE(rounds.Begin(LogIndex(8)));
  EXPECT_THAT(Tokens(rounds.Finish()), ElementsAre(1));
  EXPECT_EQ(rounds.read_index(), LogIndex(5));
  EXPECT_TRUE(rounds.Begin(LogIndex(8)));
  EXPECT_EQ(rounds.sequence(), 2);
  EXPECT_THAT(Tokens(rounds.Finish()), ElementsAre(2));
  EXPECT_EQ(rounds.read_index(), LogIndex(8));
}

TEST(ReadRoundsTest, LostLeadershipEndsAllReads) {
  ReadRounds rounds;
  rounds.Add({.token = 1});
  rounds.Begin(LogIndex(5));
  rounds.Add({.token = 2});
  EXPECT_THAT(Tokens(rounds.Abandon()), ElementsAre(1, 2));
  EXPECT_THAT(Tokens(rounds.Abandon()), IsEmpty());
  EXPECT_FALSE(rounds.is_under_way());
}

}  // namespace
}  // namespace quorate::raft
