#include "server/node/call_rates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "base/testing/manual_executor.h"

namespace quorate::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(CallRatesTest, ACallerAboveItsRateIsRefusedUntilThereIsAToken) {
  ManualClock clock;
  CallRates rates(5, &clock);
  ASSERT_TRUE(rates.has_limit());
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(rates.Admit("User:admin/maria", "")) << i;
  const auto error = rates.Admit("User:admin/maria", "");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), common::v1::RESOURCE_EXHAUSTED);
  EXPECT_EQ(error->outcome(), common::v1::REFUSED);
  EXPECT_EQ(error->retry_after_ms(), 200);
  EXPECT_THAT(error->message(), AllOf(HasSubstr("User:admin/maria makes more than 5 calls"),
                                      HasSubstr("--principal-calls-per-second")));
  EXPECT_EQ(rates.refused().value(), 1u);
  EXPECT_FALSE(rates.Admit("User:admin/jan", ""));
  clock.Advance(std::chrono::milliseconds(200));
  EXPECT_FALSE(rates.Admit("User:admin/maria", ""));
  EXPECT_TRUE(rates.Admit("User:admin/maria", ""));
}

TEST(CallRatesTest, HostsOfOnePrincipalAreToldApart) {
  ManualClock clock;
  CallRates rates(1, &clock);
  EXPECT_FALSE(rates.Admit("User:ANONYMOUS", "10.0.0.1"));
  EXPECT_FALSE(rates.Admit("User:ANONYMOUS", "10.0.0.2"));
  EXPECT_THAT(rates.Admit("User:ANONYMOUS", "10.0.0.1")->message(),
              HasSubstr("User:ANONYMOUS at 10.0.0.1 makes"));
}

TEST(CallRatesTest, WithoutALimitNobodyIsRefused) {
  ManualClock clock;
  CallRates rates(0, &clock);
  EXPECT_FALSE(rates.has_limit());
  for (int i = 0; i < 10'000; ++i) EXPECT_FALSE(rates.Admit("User:ANONYMOUS", ""));
}

}  // namespace
}  // namespace quorate::server
