#include "audit/refusal_limiter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace quorate::audit {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using v1::AuditRecord;

constexpr Duration kMs = std::chrono::milliseconds(1);

AuditRecord Refused(const std::string& resource, const std::string& principal = "alice") {
  AuditRecord record;
  record.set_principal(principal);
  record.set_method("CreateTopics");
  record.set_outcome("TOPIC_ALREADY_EXISTS");
  record.set_resource(resource);
  record.set_count(1);
  return record;
}

class RefusalLimiterTest : public ::testing::Test {
 protected:
  // Returns how many of `count` equal records pass.
  int Passed(int count, const AuditRecord& record) {
    int passed = 0;
    for (int i = 0; i < count; ++i) passed += limiter_.Admit(record, now_) ? 1 : 0;
    return passed;
  }

  RefusalLimiter limiter_;
  MonoTime now_{std::chrono::hours(1)};
};

TEST_F(RefusalLimiterTest, TheFirstOfASecondPassAndTheRestIsOneSum) {
  EXPECT_EQ(Passed(25, Refused("a")), 10);
  EXPECT_FALSE(limiter_.Admit(Refused("last"), now_));
  EXPECT_EQ(limiter_.next_sum(), now_ + RefusalLimiter::kWindow);
  EXPECT_THAT(limiter_.TakeSums(now_ + 999 * kMs), IsEmpty());
  const std::vector<AuditRecord> sums = limiter_.TakeSums(now_ + 1'000 * kMs);
  ASSERT_THAT(sums, SizeIs(1));
  EXPECT_EQ(sums[0].count(), 16);
  EXPECT_EQ(sums[0].resource(), "last");
  EXPECT_EQ(sums[0].outcome(), "TOPIC_ALREADY_EXISTS");
  EXPECT_EQ(limiter_.next_sum(), kNever);
}

TEST_F(RefusalLimiterTest, TheNextSecondBeginsAnew) {
  EXPECT_EQ(Passed(11, Refused("a")), 10);
  now_ += RefusalLimiter::kWindow;
  EXPECT_THAT(limiter_.TakeSums(now_), SizeIs(1));
  EXPECT_EQ(Passed(11, Refused("a")), 10);
  now_ += RefusalLimiter::kWindow;
  EXPECT_THAT(limiter_.TakeSums(now_), SizeIs(1));
  EXPECT_EQ(Passed(10, Refused("a")), 10);
  now_ += RefusalLimiter::kWindow;
  EXPECT_EQ(Passed(10, Refused("a")), 10) << "a second without a sum ends by itself";
}

TEST_F(RefusalLimiterTest, CompletedRequestsAlwaysPass) {
  AuditRecord record = Refused("a");
  record.set_outcome("OK");
  EXPECT_EQ(Passed(1'000, record), 1'000);
  EXPECT_THAT(limiter_.TakeSums(now_, /*all=*/true), IsEmpty());
}

TEST_F(RefusalLimiterTest, MethodsOutcomesAndPrincipalsCountSeparately) {
  AuditRecord other_outcome = Refused("a");
  other_outcome.set_outcome("RESOURCE_EXHAUSTED");
  AuditRecord other_method = Refused("a");
  other_method.set_method("DeleteTopics");
  for (const AuditRecord& record :
       {Refused("a"), Refused("a", "bob"), other_outcome, other_method}) {
    EXPECT_EQ(Passed(20, record), 10);
  }
  EXPECT_THAT(limiter_.TakeSums(now_ + RefusalLimiter::kWindow), SizeIs(4));
}

TEST_F(RefusalLimiterTest, AllSumsAreTakenAtTheEnd) {
  EXPECT_EQ(Passed(12, Refused("a")), 10);
  EXPECT_THAT(limiter_.TakeSums(now_, /*all=*/true), SizeIs(1));
}

TEST_F(RefusalLimiterTest, ManyPrincipalsShareOneSum) {
  constexpr int kPrincipals = 5'000;
  int passed = 0;
  for (int i = 0; i < kPrincipals; ++i) {
    passed += Passed(1, Refused("a", "caller-" + std::to_string(i)));
  }
  EXPECT_EQ(passed, static_cast<int>(RefusalLimiter::kMaxKinds) + RefusalLimiter::kPassed);
  const std::vector<AuditRecord> sums = limiter_.TakeSums(now_, /*all=*/true);
  ASSERT_THAT(sums, SizeIs(1));
  EXPECT_EQ(sums[0].principal(), "*");
  EXPECT_EQ(sums[0].method(), "CreateTopics");
  EXPECT_EQ(sums[0].count() + passed, kPrincipals);
}

TEST_F(RefusalLimiterTest, ManyMethodsShareOneSum) {
  constexpr int kMethods = 5'000;
  int passed = 0;
  for (int i = 0; i < kMethods; ++i) {
    AuditRecord record = Refused("a");
    record.set_method("invented-" + std::to_string(i));
    passed += Passed(1, record);
  }
  EXPECT_EQ(passed, 2 * static_cast<int>(RefusalLimiter::kMaxKinds) + RefusalLimiter::kPassed);
  const std::vector<AuditRecord> sums = limiter_.TakeSums(now_, /*all=*/true);
  ASSERT_THAT(sums, SizeIs(1));
  EXPECT_EQ(sums[0].method(), "*");
  EXPECT_EQ(sums[0].count() + passed, kMethods);
}

}  // namespace
}  // namespace quorate::audit
