#include "server/receive_queue.h"

#include <gtest/gtest.h>

#include <array>

#include "base/testing/manual_executor.h"

namespace quorate::server {
namespace {

constexpr Duration kMaxTime = std::chrono::seconds(2);

class FakeCaller final : public ReceiveQueue::Caller {
 public:
  void StartReceiving() override { started = true; }
  void CutOff() override { cut_off = true; }

  bool started = false;
  bool cut_off = false;
};

class ReceiveQueueTest : public testing::Test {
 protected:
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  ReceiveQueue queue_{2, kMaxTime, &executor_, &clock_};
  std::array<FakeCaller, 4> callers_;
};

TEST_F(ReceiveQueueTest, AFewReceiveAtOnceAndTheOthersInTurn) {
  for (FakeCaller& caller : callers_) queue_.Enter(&caller);
  EXPECT_TRUE(callers_[0].started && callers_[1].started);
  EXPECT_FALSE(callers_[2].started || callers_[3].started);
  queue_.Leave(&callers_[1]);
  EXPECT_TRUE(callers_[2].started);
  EXPECT_FALSE(callers_[3].started);
  queue_.Leave(&callers_[0]);
  EXPECT_TRUE(callers_[3].started);
}

TEST_F(ReceiveQueueTest, ASlowOneIsCutOffWhereOthersWait) {
  queue_.Enter(&callers_[0]);
  executor_.AdvanceBy(2 * kMaxTime);
  EXPECT_FALSE(callers_[0].cut_off);  // nobody waits
  queue_.Enter(&callers_[1]);
  queue_.Enter(&callers_[2]);
  executor_.AdvanceBy(kMaxTime);
  EXPECT_TRUE(callers_[0].cut_off);
  EXPECT_TRUE(callers_[1].cut_off);
  queue_.Leave(&callers_[0]);
  EXPECT_TRUE(callers_[2].started);
  executor_.AdvanceBy(2 * kMaxTime);
  EXPECT_FALSE(callers_[2].cut_off);
  EXPECT_EQ(executor_.next_timer(), kNever);  // it costs nothing where nobody waits
}

}  // namespace
}  // namespace quorate::server
