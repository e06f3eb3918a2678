#include "cli/write_meter.h"

#include <gtest/gtest.h>

#include <chrono>

namespace quorate::cli {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

MonoTime At(Duration since_start) { return MonoTime(std::chrono::hours(1) + since_start); }

TEST(WriteMeterTest, WithoutWritesEverythingIsZero) {
  const WriteMeter meter;
  EXPECT_EQ(meter.count(), 0);
  EXPECT_EQ(meter.widest_gap(), Duration::zero());
  EXPECT_EQ(meter.Latency(0.5), Duration::zero());
}

TEST(WriteMeterTest, AGapIsBetweenTwoAcknowledgements) {
  WriteMeter meter;
  meter.Acknowledged(At(milliseconds(0)), At(milliseconds(40)));
  EXPECT_EQ(meter.widest_gap(), Duration::zero());
  meter.Acknowledged(At(milliseconds(40)), At(milliseconds(42)));
  meter.Acknowledged(At(milliseconds(45)), At(milliseconds(49)));
  meter.Acknowledged(At(milliseconds(49)), At(milliseconds(50)));
  EXPECT_EQ(meter.widest_gap(), milliseconds(7));
  EXPECT_EQ(meter.count(), 4);
}

TEST(WriteMeterTest, LatenciesByTheNearestRank) {
  WriteMeter meter;
  MonoTime now = At(Duration::zero());
  // Latencies of 100 ms down to 1 ms.
  for (int ms = 100; ms >= 1; --ms) {
    meter.Acknowledged(now, now + milliseconds(ms));
    now += milliseconds(ms);
  }
  EXPECT_EQ(meter.Latency(0.5), milliseconds(50));
  EXPECT_EQ(meter.Latency(0.99), milliseconds(99));
  EXPECT_EQ(meter.Latency(1), milliseconds(100));
}

TEST(WriteMeterTest, LatenciesAreCutToThreeDigits) {
  WriteMeter meter;
  meter.Acknowledged(At(Duration::zero()), At(microseconds(999)));
  EXPECT_EQ(meter.Latency(1), microseconds(999));
  meter.Acknowledged(At(microseconds(999)), At(microseconds(999 + 23'499)));
  EXPECT_EQ(meter.Latency(1), microseconds(23'400));
}

}  // namespace
}  // namespace quorate::cli
