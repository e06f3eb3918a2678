#include "server/calls/send_watch.h"

#include <gtest/gtest.h>

#include "base/testing/manual_executor.h"

namespace quorate::server {
namespace {

constexpr Duration kMaxTime = std::chrono::seconds(30);

class FakeSender final : public SendWatch::Sender {
 public:
  void CutOff() override { cut_off = true; }

  bool cut_off = false;
};

TEST(SendWatchTest, WhatIsNotTakenInTimeIsCutOff) {
  ManualClock clock;
  ManualExecutor executor(&clock);
  SendWatch watch(kMaxTime, &executor, &clock);
  FakeSender stuck;
  FakeSender quick;
  FakeSender later;
  watch.Began(&stuck);
  watch.Began(&quick);
  executor.AdvanceBy(kMaxTime / 2);
  watch.Ended(&quick);
  watch.Began(&later);
  executor.AdvanceBy(kMaxTime / 2);
  EXPECT_TRUE(stuck.cut_off);
  EXPECT_FALSE(quick.cut_off || later.cut_off);
  watch.Ended(&stuck);
  executor.AdvanceBy(kMaxTime / 2);
  EXPECT_TRUE(later.cut_off);
  watch.Ended(&later);
  executor.AdvanceBy(kMaxTime);
  EXPECT_EQ(executor.next_timer(), kNever) << "no timer runs while nothing is sent";
}

}  // namespace
}  // namespace quorate::server
