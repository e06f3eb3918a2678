#include "base/event_loop.h"

#include <atomic>
#include <future>
#include <string>
#include <thread>
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
    loop.CancelTimer(doomed);  // the second call is ignored
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

TEST(EventLoopTest, AnIdleLoopIsLentToWhoBringsTheTask) {
  EventLoop loop("test", 10);
  Drain(loop);
  bool ran_here = false;
  while (!ran_here) {
    std::this_thread::sleep_for(milliseconds(1));  // until it is idle
    loop.RunOrPost([&, me = std::this_thread::get_id()] {
      ran_here = std::this_thread::get_id() == me;
      EXPECT_TRUE(loop.InLoop());
    });
    Drain(loop);
  }
  EXPECT_FALSE(loop.InLoop());
}

TEST(EventLoopTest, WhatABorrowerPostsRunsAfterItAndItsTimersFire) {
  EventLoop loop("test", 10);
  for (int i = 0; i < 100; ++i) {
    std::vector<std::string> seen;
    std::promise<void> done;
    loop.RunOrPost([&] {
      loop.Post([&] { seen.push_back("posted"); });
      loop.RunOrPost([&] { seen.push_back("also posted"); });
      loop.PostAt(steady_clock::now() + milliseconds(1), [&] {
        seen.push_back("timer");
        done.set_value();
      });
      seen.push_back("first");
    });
    done.get_future().wait();
    EXPECT_EQ(seen, (std::vector<std::string>{"first", "posted", "also posted", "timer"}));
  }
}

TEST(EventLoopTest, BorrowersAndTheThreadNeverRunAtTheSameTime) {
  constexpr int kThreads = 4;
  constexpr int kTasks = 2'000;
  int counter = 0;  // not atomic: only the loop uses it
  {
    EventLoop loop("test", 10);
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < kTasks; ++i) {
          loop.RunOrPost([&] { ++counter; });
          loop.Post([&] { ++counter; });
          loop.PostAt(steady_clock::now(), [&] { ++counter; });
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::promise<void> last;
    loop.PostAt(steady_clock::now(), [&] { last.set_value(); });
    last.get_future().wait();
  }
  EXPECT_EQ(counter, 3 * kThreads * kTasks);
}

TEST(EventLoopTest, BorrowersCannotStarveTimers) {
  EventLoop loop("test", 10);
  std::atomic<bool> fired{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      while (!fired) loop.RunOrPost([] {});
    });
  }
  loop.PostAt(steady_clock::now() + milliseconds(1), [&] { fired = true; });
  for (std::thread& thread : threads) thread.join();
}

TEST(EventLoopTest, ABorrowerMayComeBeforeTheThreadsFirstRound) {
  for (int i = 0; i < 200; ++i) {
    EventLoop loop("test", 10);
    (void)loop.TryRun([&] {
      // The loop's thread starts in the meantime.
      const auto end = steady_clock::now() + milliseconds(1);
      while (steady_clock::now() < end) ASSERT_TRUE(loop.InLoop());
    });
  }
}

TEST(EventLoopTest, WhatADroppedTimerOwnsMayCallTheLoop) {
  EventLoop loop("test", 10);
  // The deleter of the last owner posts to the loop.
  std::shared_ptr<EventLoop> owned(&loop, [](EventLoop* posted_to) { posted_to->Post([] {}); });
  loop.PostAt(steady_clock::now() + std::chrono::hours(1), [owned = std::move(owned)] {});
  loop.Stop();
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
