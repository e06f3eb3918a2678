#include "base/event_loop.h"

#include <atomic>
#include <future>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace quorate {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Waits until everything posted so far has run.
void Drain(EventLoop& loop) {
  std::promise<void> done;
  loop.Post([&] { done.set_value(); });
  done.get_future().wait();
}

TEST(EventLoopTest, RunsTasksInOrderOnItsThread) {
  EventLoop loop("test", 10);
  std::vector<int> seen;
  bool in_loop = false;
  for (int i = 0; i < 100; ++i) loop.Post([&seen, i] { seen.push_back(i); });
  loop.Post([&] { in_loop = loop.InLoop(); });
  Drain(loop);
  ASSERT_EQ(seen.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(seen[i], i);
  EXPECT_TRUE(in_loop);
  EXPECT_FALSE(loop.InLoop());
}

TEST(EventLoopTest, RefusesExternalTasksWhenFullAndNeverPostedOnes) {
  EventLoop loop("test", 2);
  std::promise<void> entered;
  std::promise<void> release;
  loop.Post([&] {
    entered.set_value();
    release.get_future().wait();
  });
  entered.get_future().wait();
  std::atomic<int> ran{0};
  EXPECT_TRUE(loop.TryPost([&] { ++ran; }));
  EXPECT_TRUE(loop.TryPost([&] { ++ran; }));
  EXPECT_FALSE(loop.TryPost([&] { ++ran; }));
  loop.Post([&] { ++ran; });
  release.set_value();
  Drain(loop);
  EXPECT_EQ(ran, 3);
}

TEST(EventLoopTest, TimersFireInTheOrderOfTheirTimes) {
  EventLoop loop("test", 10);
  std::vector<std::string> seen;
  std::promise<void> done;
  const MonoTime now = steady_clock::now();
  loop.PostAt(now + milliseconds(30), [&] {
    seen.push_back("late");
    done.set_value();
  });
  loop.PostAt(now + milliseconds(10), [&] { seen.push_back("early"); });
  done.get_future().wait();
  EXPECT_GE(steady_clock::now(), now + milliseconds(30));
  EXPECT_EQ(seen, (std::vector<std::string>{"early", "late"}));
}

TEST(EventLoopTest, CancelledTimersDoNotFire) {
  EventLoop loop("test", 10);
  std::atomic<bool> fired{false};
  std::promise<void> done;
  loop.Post([&] {
    const TimerId doomed = loop.PostAt(steady_clock::now(), [&] { fired = true; });
    loop.CancelTimer(doomed);
    loop.CancelTimer(doomed);  // a second time: ignored
    loop.CancelTimer(kNoTimer);
    loop.PostAt(steady_clock::now() + milliseconds(5), [&] { done.set_value(); });
  });
  done.get_future().wait();
  EXPECT_FALSE(fired);
}

TEST(EventLoopTest, TasksCannotStarveTimers) {
  EventLoop loop("test", 10);
  std::promise<void> fired;
  std::atomic<bool> stop{false};
  std::function<void()> spin = [&] {
    if (!stop) loop.Post([&] { spin(); });
  };
  loop.Post([&] { spin(); });
  loop.PostAt(steady_clock::now() + milliseconds(1), [&] { fired.set_value(); });
  fired.get_future().wait();
  stop = true;
  Drain(loop);
}

TEST(EventLoopTest, StopRunsWhatIsQueuedAndDropsTheRest) {
  auto alive = std::make_shared<int>(0);
  std::atomic<int> ran{0};
  {
    EventLoop loop("test", 10);
    loop.PostAt(steady_clock::now() + std::chrono::hours(1), [alive] {});
    loop.Post([&] { ++ran; });
    loop.Stop();
    loop.Post([alive, &ran] { ++ran; });
    EXPECT_FALSE(loop.TryPost([alive] {}));
  }
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(alive.use_count(), 1) << "a dropped task or timer was leaked";
}

}  // namespace
}  // namespace quorate
