#include "server/node/log_clock.h"

#include <gtest/gtest.h>

#include "base/testing/manual_executor.h"

namespace quorate::server {
namespace {

raft::SnapshotMeta At(int64_t append_time_ms) {
  raft::SnapshotMeta meta;
  meta.last_append_time_ms = append_time_ms;
  return meta;
}

TEST(LogClockTest, TellsHowFarTheMachineIsBehindTheLog) {
  ManualClock clock;
  LogClock log_clock(&clock);
  EXPECT_EQ(log_clock.BehindMs(), 0);
  log_clock.OnSnapshot(At(clock.WallMs() - 60'000));
  EXPECT_EQ(log_clock.BehindMs(), 0);
  log_clock.OnSnapshot(At(clock.WallMs() + 60'000));
  EXPECT_EQ(log_clock.BehindMs(), 60'000);
}

TEST(LogClockTest, WarnsOnceInAWhile) {
  ManualClock clock;
  LogClock log_clock(&clock);
  const auto warnings = [&](int64_t ahead_ms) {
    ::testing::internal::CaptureStderr();
    log_clock.OnSnapshot(At(clock.WallMs() + ahead_ms));
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(warnings(LogClock::kToleratedMs), "");
  EXPECT_NE(warnings(60'000).find("60000 ms behind the time of the last entry"), std::string::npos);
  EXPECT_EQ(warnings(60'000), "");
}

}  // namespace
}  // namespace quorate::server
