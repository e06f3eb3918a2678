#include "base/loop_meter.h"

#include <functional>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/event_loop.h"
#include "glog/logging.h"
#include "gtest/gtest.h"

namespace quorate {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

MonoTime At(Duration d) { return MonoTime(seconds(100)) + d; }

// Collects the log lines that are written while it lives.
class LogLines final : public google::LogSink {
 public:
  LogLines() { google::AddLogSink(this); }
  ~LogLines() override { google::RemoveLogSink(this); }

  void send(google::LogSeverity /*severity*/, const char* /*full_filename*/,
            const char* /*base_filename*/, int /*line*/, const google::LogMessageTime& /*time*/,
            const char* message, size_t size) override {
    lines.emplace_back(message, size);
  }

  std::vector<std::string> lines;
};

TEST(LoopMeterTest, RemembersTheLongestTaskAndCountsThoseOverTheLimit) {
  LoopMeter meter("test");
  EXPECT_EQ(meter.busy_since(), std::nullopt);
  EXPECT_EQ(meter.longest(), Duration::zero());
  meter.Begin(At(milliseconds(0)));
  EXPECT_EQ(meter.busy_since(), At(milliseconds(0)));
  meter.Next(At(milliseconds(20)));
  EXPECT_EQ(meter.over_limit(), 0);
  EXPECT_EQ(meter.busy_since(), At(milliseconds(20)));
  meter.Next(At(milliseconds(80)));
  meter.Next(At(milliseconds(110)));
  meter.End();
  EXPECT_EQ(meter.busy_since(), std::nullopt);
  EXPECT_EQ(meter.longest(), milliseconds(60));
  EXPECT_EQ(meter.over_limit(), 2);
}

TEST(LoopMeterTest, WarnsOfLongTasksAtABoundedRate) {
  LogLines log;
  LoopMeter meter("test");
  meter.Begin(At(milliseconds(0)));
  meter.Next(At(milliseconds(100)));
  EXPECT_TRUE(log.lines.empty()) << log.lines[0];
  meter.Next(At(milliseconds(300)));
  ASSERT_EQ(log.lines.size(), 1u);
  EXPECT_EQ(log.lines[0],
            "the loop \"test\" stood still for 200 ms while one task ran; 2 tasks so far ran "
            "longer than 20 ms");
  meter.Next(At(milliseconds(500)));
  EXPECT_EQ(log.lines.size(), 1u);
  meter.Next(At(seconds(11)));
  EXPECT_EQ(log.lines.size(), 2u);
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
  EXPECT_GE(loop.meter().longest(), milliseconds(25));
  EXPECT_GE(loop.meter().over_limit(), 1);

  const int64_t before = loop.meter().over_limit();
  while (!loop.TryRun([&] {
    EXPECT_NE(loop.meter().busy_since(), std::nullopt);
    std::this_thread::sleep_for(milliseconds(30));
  })) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_GE(loop.meter().over_limit(), before + 1);

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
