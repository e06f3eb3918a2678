#include "base/loop_meter.h"

#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/event_loop.h"
#include "base/testing/log_lines.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace quorate {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::MatchesRegex;

MonoTime At(Duration d) { return MonoTime(seconds(100)) + d; }

TEST(LoopMeterTest, RemembersTheLongestTaskAndCountsThoseOverTheLimit) {
  LoopMeter meter("test");
  EXPECT_EQ(meter.busy_since(), std::nullopt);
  EXPECT_EQ(meter.figures().longest, Duration::zero());
  meter.Begin(At(milliseconds(0)));
  EXPECT_EQ(meter.busy_since(), At(milliseconds(0)));
  meter.Next(At(milliseconds(20)));
  EXPECT_EQ(meter.figures().over_limit, 0);
  EXPECT_EQ(meter.busy_since(), At(milliseconds(20)));
  meter.Next(At(milliseconds(80)));
  meter.Next(At(milliseconds(110)));
  meter.End();
  EXPECT_EQ(meter.busy_since(), std::nullopt);
  EXPECT_EQ(meter.figures().longest, milliseconds(60));
  EXPECT_EQ(meter.figures().over_limit, 2);
  EXPECT_EQ(meter.figures().over_limit_cpu, 0) << "the test has not worked for that long";
}

TEST(LoopMeterTest, WarnsOfLongTasksAtABoundedRate) {
  LogLines log;
  LoopMeter meter("test");
  meter.Begin(At(milliseconds(0)));
  meter.Next(At(milliseconds(100)));
  EXPECT_TRUE(log.lines.empty()) << log.lines[0];
  meter.Next(At(milliseconds(300)));
  ASSERT_EQ(log.lines.size(), 1u);
  EXPECT_THAT(
      log.lines[0],
      MatchesRegex("the loop \"test\" stood still for 200 ms while one task ran, which used "
                   "[0-9] ms of CPU time; 2 tasks so far took longer than 20 ms, and 0 of "
                   "them used that much CPU time"));
  meter.Next(At(milliseconds(500)));
  EXPECT_EQ(log.lines.size(), 1u);
  meter.Next(At(seconds(11)));
  EXPECT_EQ(log.lines.size(), 2u);
}

TEST(LoopMeterTest, AThreadOfLowPriorityMayWait) {
  LogLines log;
  LoopMeter meter("test");
  std::thread([&meter] {
    ASSERT_EQ(setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 19), 0);
    meter.Begin(At(milliseconds(0)));
    meter.Next(At(milliseconds(200)));
  }).join();
  EXPECT_TRUE(log.lines.empty()) << log.lines[0];
  EXPECT_EQ(meter.figures().over_limit, 1);
}

TEST(LoopMeterTest, ATaskThatWorksIsToldFromOneThatWaits) {
  const auto now = [] { return MonoTime(std::chrono::steady_clock::now()); };
  LoopMeter meter("test");
  meter.Begin(now());
  std::this_thread::sleep_for(milliseconds(30));
  meter.Next(now());
  EXPECT_GE(meter.figures().longest, milliseconds(30));
  EXPECT_EQ(meter.figures().over_limit, 1);
  EXPECT_LE(meter.figures().longest_cpu, milliseconds(20));
  EXPECT_EQ(meter.figures().over_limit_cpu, 0);

  const std::clock_t began = std::clock();
  while (std::clock() - began < CLOCKS_PER_SEC / 40) {
  }
  meter.Next(now());
  EXPECT_EQ(meter.figures().over_limit, 2);
  EXPECT_GE(meter.figures().longest_cpu, milliseconds(21));
  EXPECT_EQ(meter.figures().over_limit_cpu, 1);
}

TEST(LoopMeterTest, AnEventLoopIsMeasuredOnItsThreadAndWhenLent) {
  EventLoop loop("test", 10);
  const auto run_on_thread = [&loop](const std::function<void()>& work) {
    std::promise<void> done;
    loop.Post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  };
  run_on_thread([&] { EXPECT_NE(loop.meter().busy_since(), std::nullopt); });
  run_on_thread([] { std::this_thread::sleep_for(milliseconds(25)); });
  while (loop.meter().busy_since()) std::this_thread::yield();
  EXPECT_GE(loop.meter().figures().longest, milliseconds(25));
  EXPECT_GE(loop.meter().figures().over_limit, 1);

  const int64_t before = loop.meter().figures().over_limit;
  while (!loop.TryRun([&] {
    EXPECT_NE(loop.meter().busy_since(), std::nullopt);
    std::this_thread::sleep_for(milliseconds(30));
  })) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_GE(loop.meter().figures().over_limit, before + 1);

  std::promise<void> fired;
  loop.PostAt(std::chrono::steady_clock::now(), [&] {
    EXPECT_NE(loop.meter().busy_since(), std::nullopt);
    fired.set_value();
  });
  fired.get_future().wait();
  while (loop.meter().busy_since()) std::this_thread::yield();
}

}  // namespace
}  // namespace quorate
