#include "raft/core/local_reads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quorate::raft {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;

constexpr MonoTime At(int ms) { return MonoTime(std::chrono::milliseconds(ms)); }

auto IsReady(Token token, int64_t index) {
  return ::testing::AllOf(Field(&LocalReads::Ready::token, token),
                          Field(&LocalReads::Ready::index, LogIndex(index)));
}

TEST(LocalReadsTest, RunOutByDeadline) {
  LocalReads reads;
  reads.Open(1, At(30));
  reads.Open(2, At(10));
  reads.Open(3, At(20));
  EXPECT_EQ(reads.next_deadline(), At(10));
  EXPECT_THAT(reads.Expire(At(9)), IsEmpty());
  EXPECT_THAT(reads.Expire(At(20)), ElementsAre(2, 3));
  EXPECT_THAT(reads.All(), ElementsAre(1));
  EXPECT_EQ(reads.next_deadline(), At(30));
}

TEST(LocalReadsTest, AReadEndsOnce) {
  LocalReads reads;
  reads.Open(1, At(10));
  reads.Open(2, At(10));
  EXPECT_TRUE(reads.Take(1));
  EXPECT_FALSE(reads.Take(1));
  EXPECT_THAT(reads.Expire(At(10)), ElementsAre(2));
  EXPECT_FALSE(reads.Take(2));
  EXPECT_EQ(reads.next_deadline(), kNever);
}

// Stages of reads on a node that does not lead.
class StagesTest : public ::testing::Test {
 protected:
  void Start(Token token, int deadline_ms = 100) {
    reads_.Open(token, At(deadline_ms));
    reads_.Wait(token);
  }

  LocalReads reads_;
};

TEST_F(StagesTest, OneRequestServesAllReadsThatCameBeforeIt) {
  EXPECT_FALSE(reads_.ShouldAsk());
  Start(1);
  Start(2);
  EXPECT_TRUE(reads_.ShouldAsk());
  const Token request = reads_.Ask();
  EXPECT_TRUE(reads_.IsInFlight(request));
  Start(3);
  EXPECT_FALSE(reads_.ShouldAsk());
  reads_.Confirm(LogIndex(5));
  EXPECT_FALSE(reads_.IsInFlight(request));
  EXPECT_THAT(reads_.Release(LogIndex(5)), ElementsAre(IsReady(1, 5), IsReady(2, 5)));
  EXPECT_TRUE(reads_.ShouldAsk());
}

TEST_F(StagesTest, AnAnswerToAnEarlierRequestIsNotOfTheOneInFlight) {
  Start(1);
  const Token earlier = reads_.Ask();
  EXPECT_THAT(reads_.Forget(), ElementsAre(1));
  Start(2);
  const Token later = reads_.Ask();
  EXPECT_FALSE(reads_.IsInFlight(earlier));
  EXPECT_TRUE(reads_.IsInFlight(later));
}

TEST_F(StagesTest, AConfirmedReadWaitsUntilItsEntryIsCommittedHere) {
  Start(1);
  reads_.Ask();
  reads_.Confirm(LogIndex(7));
  Start(2);
  reads_.Ask();
  reads_.Confirm(LogIndex(6));
  EXPECT_THAT(reads_.Release(LogIndex(5)), IsEmpty());
  EXPECT_THAT(reads_.Release(LogIndex(6)), ElementsAre(IsReady(2, 6)));
  EXPECT_THAT(reads_.Release(LogIndex(9)), ElementsAre(IsReady(1, 7)));
  EXPECT_THAT(reads_.All(), IsEmpty());
}

TEST_F(StagesTest, AReadExpiresInEachStage) {
  Start(1, 10);
  reads_.Ask();
  reads_.Confirm(LogIndex(7));
  Start(2, 10);
  reads_.Ask();
  Start(3, 10);
  EXPECT_THAT(reads_.Expire(At(10)), ElementsAre(1, 2, 3));
  EXPECT_THAT(reads_.Release(LogIndex(7)), IsEmpty());
  EXPECT_THAT(reads_.Forget(), IsEmpty());
  EXPECT_THAT(reads_.TakeWaiting(), IsEmpty());
}

TEST_F(StagesTest, ANewLeaderTakesTheReadsThatWait) {
  Start(1);
  reads_.Ask();
  Start(2);
  EXPECT_THAT(reads_.TakeWaiting(), ElementsAre(2));
  EXPECT_FALSE(reads_.ShouldAsk());
  EXPECT_THAT(reads_.All(), ElementsAre(1, 2));
}

}  // namespace
}  // namespace quorate::raft
