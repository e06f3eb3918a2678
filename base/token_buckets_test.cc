// Tests the rates of single callers and of many.
#include "base/token_buckets.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace quorate {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr MonoTime kStart = MonoTime(seconds(1'000));

TEST(TokenBucketTest, ABurstPassesAndThenTheRate) {
  TokenBucket bucket({.tokens_per_second = 10, .capacity = 3});
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(bucket.Take(kStart, 1)) << i;
  EXPECT_EQ(bucket.Take(kStart, 1), milliseconds(100));
  EXPECT_EQ(bucket.Take(kStart, 1), milliseconds(100)) << "nothing was taken";
  EXPECT_FALSE(bucket.Take(kStart + milliseconds(100), 1));
  EXPECT_EQ(bucket.Take(kStart + milliseconds(100), 1), milliseconds(100));
}

TEST(TokenBucketTest, AnyTokenIsEnoughAndADebtIsPaidBack) {
  TokenBucket bucket({.tokens_per_second = 10, .capacity = 5});
  EXPECT_FALSE(bucket.Take(kStart, 25));
  // The bucket has -20 tokens.
  EXPECT_EQ(bucket.WaitFor(kStart), milliseconds(2'100));
  EXPECT_EQ(bucket.WaitFor(kStart + seconds(2)), milliseconds(100));
  EXPECT_FALSE(bucket.WaitFor(kStart + milliseconds(2'100)));
}

TEST(TokenBucketTest, ItIsNeverMoreThanFull) {
  TokenBucket bucket({.tokens_per_second = 10, .capacity = 2});
  bucket.Spend(kStart, 1);
  EXPECT_FALSE(bucket.IsFull(kStart + milliseconds(99)));
  EXPECT_TRUE(bucket.IsFull(kStart + milliseconds(100)));
  const MonoTime later = kStart + seconds(100);
  EXPECT_FALSE(bucket.Take(later, 2));
  EXPECT_TRUE(bucket.Take(later, 1));
}

class TokenBucketsTest : public ::testing::Test {
 protected:
  // Takes a token, and returns whether there was one.
  bool Take(const std::string& caller, MonoTime now = kStart) {
    if (buckets_.WaitOf(caller, now)) return false;
    buckets_.Spend(caller, now, 1);
    return true;
  }

  TokenBuckets buckets_{{.each = {.tokens_per_second = 1, .capacity = 2}, .max_buckets = 3}};
};

TEST_F(TokenBucketsTest, CallersDoNotShare) {
  EXPECT_TRUE(Take("a"));
  EXPECT_TRUE(Take("a"));
  EXPECT_FALSE(Take("a"));
  EXPECT_TRUE(Take("b"));
  EXPECT_EQ(buckets_.WaitOf("a", kStart), seconds(1));
  EXPECT_TRUE(Take("a", kStart + seconds(1)));
}

TEST_F(TokenBucketsTest, AskingMakesNoBucket) {
  EXPECT_FALSE(buckets_.WaitOf("a", kStart));
  EXPECT_EQ(buckets_.size(), 0u);
}

TEST_F(TokenBucketsTest, CallersWithoutRoomShareOneBucket) {
  for (const char* caller : {"a", "b", "c"}) EXPECT_TRUE(Take(caller));
  EXPECT_TRUE(Take("d"));
  EXPECT_TRUE(Take("e"));
  EXPECT_FALSE(Take("f")) << "d and e have taken what there was";
  EXPECT_FALSE(Take("d"));
  EXPECT_TRUE(Take("a"));
  EXPECT_EQ(buckets_.size(), 3u);
}

TEST_F(TokenBucketsTest, FullBucketsMakeRoom) {
  for (const char* caller : {"a", "b", "c", "c"}) EXPECT_TRUE(Take(caller));
  const MonoTime later = kStart + seconds(1);
  EXPECT_TRUE(Take("d", later));
  EXPECT_EQ(buckets_.size(), 2u) << "those of c and d";
  EXPECT_TRUE(Take("c", later));
  EXPECT_FALSE(Take("c", later)) << "it was not full, so it is not forgotten";
}

TEST_F(TokenBucketsTest, FullBucketsAreLookedForOnceASecond) {
  for (const char* caller : {"a", "b", "c"}) buckets_.Spend(caller, kStart, 0.1);
  buckets_.Spend("d", kStart, 10);
  EXPECT_TRUE(buckets_.WaitOf("d", kStart + milliseconds(999)));
  EXPECT_EQ(buckets_.size(), 3u);
  EXPECT_FALSE(buckets_.WaitOf("d", kStart + milliseconds(1'000)));
  EXPECT_EQ(buckets_.size(), 0u);
}

}  // namespace
}  // namespace quorate
