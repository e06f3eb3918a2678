// Tests how refused calls are counted and logged.
#include "security/refused_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/log_lines.h"
#include "base/testing/manual_executor.h"

namespace quorate::security {
namespace {

using ::testing::ElementsAre;

TEST(RefusedCallsTest, CountsByReason) {
  const ManualClock clock;
  RefusedCalls refused(&clock);
  for (const RefusalReason reason :
       {RefusalReason::kRole, RefusalReason::kRole, RefusalReason::kRevoked}) {
    refused.Record(reason, "x");
  }
  EXPECT_EQ(refused.count(RefusalReason::kRole).value(), 2u);
  EXPECT_EQ(refused.count(RefusalReason::kRevoked).value(), 1u);
  EXPECT_EQ(refused.count(RefusalReason::kNoRole).value(), 0u);
}

TEST(RefusedCallsTest, LogsOncePerSecondWithTheNumberOfTheOthers) {
  ManualClock clock;
  RefusedCalls refused(&clock);
  LogLines log;
  refused.Record(RefusalReason::kRole, "a");
  refused.Record(RefusalReason::kRole, "b");
  refused.Record(RefusalReason::kNoRole, "c");
  clock.Advance(std::chrono::milliseconds(999));
  refused.Record(RefusalReason::kRole, "d");
  clock.Advance(std::chrono::milliseconds(1));
  refused.Record(RefusalReason::kRole, "e");
  clock.Advance(std::chrono::seconds(2));
  refused.Record(RefusalReason::kRole, "f");
  EXPECT_THAT(log.lines,
              ElementsAre("refused a call: a",
                          "refused a call: e (and 3 other calls since the last such line)",
                          "refused a call: f"));
}

}  // namespace
}  // namespace quorate::security
