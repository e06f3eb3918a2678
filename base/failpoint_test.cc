#include "base/failpoint.h"

#include <chrono>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace quorate {
namespace {

using testing::HasSubstr;

TEST(FailpointTest, InertUnlessArmed) { EXPECT_TRUE(Failpoint("nowhere").ok()); }

TEST(FailpointTest, ErrorsFromTheGivenPassOn) {
  ASSERT_TRUE(ConfigureFailpoints("a=error@3,b=delay:1ms").ok());
  EXPECT_TRUE(Failpoint("a").ok());
  EXPECT_TRUE(Failpoint("a").ok());
  EXPECT_EQ(Failpoint("a").code(), absl::StatusCode::kInternal);
  EXPECT_EQ(Failpoint("a").code(), absl::StatusCode::kInternal);
  EXPECT_TRUE(Failpoint("b").ok());
  EXPECT_TRUE(Failpoint("c").ok());
}

TEST(FailpointDeathTest, AbortEndsTheProcessAsKillDoes) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        (void)ConfigureFailpoints("a=abort");
        (void)Failpoint("a");
      },
      testing::KilledBySignal(SIGKILL), "");
}

TEST(FailpointTest, BadSpecsAreNamed) {
  const auto message = [](const char* spec) {
    return std::string(ConfigureFailpoints(spec).message());
  };
  EXPECT_THAT(message("a"), HasSubstr("'a': expected NAME=ACTION"));
  EXPECT_THAT(message("=abort"), HasSubstr("expected NAME=ACTION"));
  EXPECT_THAT(message("a=explode"), HasSubstr("'a=explode': the actions are"));
  EXPECT_THAT(message("a=delay:5s"), HasSubstr("the actions are"));
  EXPECT_THAT(message("a=abort@0"), HasSubstr("number of 1 or more"));
}

}  // namespace
}  // namespace quorate
