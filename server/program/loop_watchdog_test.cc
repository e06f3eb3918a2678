#include "server/program/loop_watchdog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quorate::server {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

class LoopWatchdogTest : public ::testing::Test {
 protected:
  // Lets `duration` pass, and calls Check once a second.
  void Pass(Duration duration) {
    for (const MonoTime end = now_ + duration; now_ < end;) watchdog_.Check(now_ += seconds(1));
  }

  MonoTime now_ = MonoTime(std::chrono::hours(1));
  SystemClock clock_;
  LoopMeter raft_{"raft"};
  LoopMeter edge_{"edge"};
  std::vector<bool> alive_;
  std::vector<std::string> fatal_;
  LoopWatchdog watchdog_{
      {.suspect_after = seconds(5), .fatal_after = seconds(20)},
      {{"raft", &raft_}, {"edge", &edge_}},
      &clock_,
      [this](bool alive) { alive_.push_back(alive); },
      [this](const absl::Status& status) { fatal_.emplace_back(status.message()); }};
};

TEST_F(LoopWatchdogTest, ALoopWithoutWorkOrWithShortTasksIsAlive) {
  Pass(seconds(60));
  for (int i = 0; i < 60; ++i) {
    raft_.Begin(now_);
    Pass(seconds(3));
    raft_.End();
  }
  EXPECT_THAT(alive_, IsEmpty());
  EXPECT_THAT(fatal_, IsEmpty());
}

TEST_F(LoopWatchdogTest, ALoopThatStandsStillIsNotAliveUntilItGoesOn) {
  Pass(seconds(10));
  edge_.Begin(now_);
  Pass(seconds(4));
  EXPECT_THAT(alive_, IsEmpty());
  Pass(seconds(10));
  EXPECT_THAT(alive_, ElementsAre(false));
  edge_.End();
  Pass(seconds(1));
  EXPECT_THAT(alive_, ElementsAre(false, true));
  EXPECT_THAT(fatal_, IsEmpty());
}

TEST_F(LoopWatchdogTest, ALoopThatStandsStillForLongEndsTheProcessWithItsName) {
  edge_.Begin(now_);
  Pass(seconds(19));
  EXPECT_THAT(fatal_, IsEmpty());
  Pass(seconds(1));
  EXPECT_THAT(fatal_, ElementsAre(HasSubstr("the loop 'edge' has been stuck for 20000 ms")));
}

TEST_F(LoopWatchdogTest, APauseOfTheProcessCountsForNothing) {
  Pass(seconds(1));
  raft_.Begin(now_);
  now_ += std::chrono::hours(1);
  Pass(seconds(5));
  EXPECT_THAT(alive_, IsEmpty());
  Pass(seconds(1));
  EXPECT_THAT(alive_, ElementsAre(false));
}

TEST_F(LoopWatchdogTest, TheLongestTaskOfEachLoopIsDescribed) {
  raft_.Begin(now_);
  raft_.Next(now_ + seconds(1));
  EXPECT_THAT(DescribeLongestTasks({{"raft", &raft_}, {"edge", &edge_}}),
              MatchesRegex("the longest task of each loop: raft 1000 ms \\([0-9]+ ms of CPU "
                           "time\\), edge 0 ms \\(0 ms of CPU time\\)"));
}

}  // namespace
}  // namespace quorate::server
