#include "raft/core/local_reads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quorate::raft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr MonoTime At(int ms) { return MonoTime(std::chrono::milliseconds(ms)); }

TEST(LocalReadsTest, RunOutByDeadline) {
  LocalReads reads;
  reads.Add(1, At(30));
  reads.Add(2, At(10));
  reads.Add(3, At(20));
  EXPECT_EQ(reads.next_deadline(), At(10));
  EXPECT_THAT(reads.Expire(At(9)), IsEmpty());
  EXPECT_THAT(reads.Expire(At(20)), ElementsAre(2, 3));
  EXPECT_EQ(reads.next_deadline(), At(30));
}

TEST(LocalReadsTest, AReadEndsOnce) {
  LocalReads reads;
  reads.Add(1, At(10));
  reads.Add(2, At(10));
  EXPECT_TRUE(reads.Take(1));
  EXPECT_FALSE(reads.Take(1));
  EXPECT_THAT(reads.Expire(At(10)), ElementsAre(2));
  EXPECT_FALSE(reads.Take(2));
  EXPECT_EQ(reads.next_deadline(), kNever);
}

}  // namespace
}  // namespace quorate::raft
