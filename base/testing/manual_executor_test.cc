#include "base/testing/manual_executor.h"

#include <string>

#include "gtest/gtest.h"

namespace quorate {
namespace {

using std::chrono::milliseconds;

class ManualExecutorTest : public testing::Test {
 protected:
  Task Note(const std::string& what) {
    return [this, what] { story_ += what + " "; };
  }

  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  std::string story_;
};

TEST_F(ManualExecutorTest, TasksRunInOrderAndOnlyWhenAsked) {
  executor_.Post(Note("a"));
  executor_.Post([this] { executor_.Post(Note("c")); });
  executor_.Post(Note("b"));
  EXPECT_EQ(story_, "");
  executor_.RunReady();
  EXPECT_EQ(story_, "a b c ");
}

TEST_F(ManualExecutorTest, TimersRunAtTheirOwnTime) {
  const MonoTime start = clock_.Now();
  MonoTime seen = kNever;
  executor_.PostAt(start + milliseconds(20), Note("late"));
  executor_.PostAt(start + milliseconds(10), [&] { seen = clock_.Now(); });
  executor_.AdvanceBy(milliseconds(15));
  EXPECT_EQ(seen, start + milliseconds(10));
  EXPECT_EQ(story_, "");
  executor_.AdvanceBy(milliseconds(5));
  EXPECT_EQ(story_, "late ");
  EXPECT_EQ(clock_.Now(), start + milliseconds(20));
}

TEST_F(ManualExecutorTest, CancelledTimersDoNotRun) {
  const TimerId id = executor_.PostAt(clock_.Now(), Note("cancelled"));
  executor_.PostAt(clock_.Now(), Note("kept"));
  executor_.CancelTimer(id);
  executor_.CancelTimer(kNoTimer);
  executor_.RunReady();
  EXPECT_EQ(story_, "kept ");
  EXPECT_EQ(executor_.next_timer(), kNever);
}

TEST_F(ManualExecutorTest, TryPostRefusesBeyondTheBound) {
  ManualExecutor small(&clock_, 1);
  EXPECT_TRUE(small.TryPost(Note("a")));
  EXPECT_FALSE(small.TryPost(Note("b")));
  small.RunReady();
  EXPECT_EQ(story_, "a ");
}

}  // namespace
}  // namespace quorate
