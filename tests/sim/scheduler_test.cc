#include "tests/sim/scheduler.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/sim/node_clock.h"

namespace quorate::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class SchedulerTest : public testing::Test {
 protected:
  Task Note(const std::string& what) {
    return [this, what] { story_ += what + " "; };
  }
  void RunFor(Duration d) {
    const MonoTime end = scheduler_.now() + d;
    while (scheduler_.RunNext(end)) {
    }
  }

  Actor actor_;
  Scheduler scheduler_;
  std::string story_;
};

TEST_F(SchedulerTest, RunsByTimeAndThenByOrder) {
  scheduler_.After(milliseconds(2), Note("c"));
  scheduler_.After(milliseconds(1), Note("a"));
  scheduler_.After(milliseconds(1), Note("b"));
  scheduler_.After(milliseconds(9), Note("late"));
  RunFor(milliseconds(5));
  EXPECT_EQ(story_, "a b c ");
  EXPECT_EQ(scheduler_.now(), Scheduler::kStart + milliseconds(5));
}

TEST_F(SchedulerTest, WhatIsCancelledDoesNotRun) {
  const TimerId id = scheduler_.After(milliseconds(1), Note("cancelled"));
  scheduler_.Cancel(id);
  scheduler_.After(milliseconds(1), Note("in its place"));
  scheduler_.Cancel(id);
  RunFor(milliseconds(5));
  EXPECT_EQ(story_, "in its place ");
}

TEST_F(SchedulerTest, APausedActorGoesOnInOrderOnceEveryPauseIsOver) {
  scheduler_.After(milliseconds(1), Note("a"), &actor_);
  const TimerId id = scheduler_.After(milliseconds(2), Note("cancelled while held"), &actor_);
  scheduler_.After(milliseconds(3), Note("b"), &actor_);
  Scheduler::Pause(&actor_);
  Scheduler::Pause(&actor_);
  RunFor(milliseconds(5));
  scheduler_.Cancel(id);
  scheduler_.Resume(&actor_);
  RunFor(milliseconds(5));
  EXPECT_EQ(story_, "");
  scheduler_.After(milliseconds(0), Note("c"), &actor_);
  scheduler_.Resume(&actor_);
  RunFor(milliseconds(5));
  EXPECT_EQ(story_, "a b c ");
}

TEST_F(SchedulerTest, AnActorThatEndedRunsNothing) {
  scheduler_.After(milliseconds(1), Note("its"), &actor_);
  scheduler_.After(milliseconds(1), Note("nobody's"));
  Scheduler::End(&actor_);
  RunFor(milliseconds(5));
  EXPECT_EQ(story_, "nobody's ");
}

TEST_F(SchedulerTest, AClockDriftsAndJumps) {
  NodeClock clock(&scheduler_);
  clock.SetDriftPpm(100'000);
  RunFor(seconds(10));
  EXPECT_EQ(clock.Now(), Scheduler::kStart + seconds(11));
  const MonoTime later = clock.Now() + seconds(22);
  EXPECT_LE((clock.TrueTimeOf(later) - (scheduler_.now() + seconds(20))).count(), 1);
  clock.LeapAhead(seconds(30));
  EXPECT_EQ(clock.TrueTimeOf(later), scheduler_.now()) << "it has passed";

  clock.SetDriftPpm(-500'000);
  EXPECT_EQ(clock.Now(), Scheduler::kStart + seconds(41)) << "another rate is no jump";
  const int64_t wall = clock.WallMs();
  clock.ShiftWall(-1'000);
  EXPECT_EQ(clock.WallMs(), wall - 1'000);
  EXPECT_EQ(clock.Now(), Scheduler::kStart + seconds(41));
}

}  // namespace
}  // namespace quorate::sim
