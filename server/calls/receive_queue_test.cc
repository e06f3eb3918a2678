#include "server/calls/receive_queue.h"

#include <gtest/gtest.h>

#include <deque>

#include "base/testing/manual_executor.h"

namespace quorate::server {
namespace {

constexpr Duration kMaxTime = std::chrono::milliseconds(100);

class FakeCaller final : public ReceiveQueue::Caller {
 public:
  explicit FakeCaller(std::string connection) : connection_(std::move(connection)) {}

  void StartReceiving() override { started = true; }
  void CutOff() override { cut_off = true; }
  std::string Connection() const override { return connection_; }

  bool started = false;
  bool cut_off = false;

 private:
  const std::string connection_;
};

class ReceiveQueueTest : public testing::Test {
 protected:
  // Enters a call of the connection and returns it.
  FakeCaller& Enter(const std::string& connection) {
    FakeCaller& caller = callers_.emplace_back(connection);
    queue_.Enter(&caller);
    return caller;
  }

  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  ReceiveQueue queue_{
      {.max_receiving = 4, .max_of_connection = 2, .max_time = kMaxTime}, &executor_, &clock_};
  std::deque<FakeCaller> callers_;
};

TEST_F(ReceiveQueueTest, AFewReceiveAtOnceAndTheOthersInTurn) {
  FakeCaller& first = Enter("a");
  FakeCaller& second = Enter("b");
  EXPECT_TRUE(first.started && second.started);
  EXPECT_TRUE(Enter("c").started && Enter("d").started);
  FakeCaller& fifth = Enter("e");
  FakeCaller& sixth = Enter("f");
  EXPECT_FALSE(fifth.started || sixth.started);
  queue_.Leave(&second);
  EXPECT_TRUE(fifth.started);
  EXPECT_FALSE(sixth.started);
  queue_.Leave(&first);
  EXPECT_TRUE(sixth.started);
}

TEST_F(ReceiveQueueTest, AConnectionGetsNoMoreThanItsShare) {
  FakeCaller& first = Enter("a");
  EXPECT_TRUE(Enter("a").started);
  FakeCaller& third = Enter("a");
  EXPECT_FALSE(third.started);
  FakeCaller& other = Enter("b");
  EXPECT_TRUE(other.started);
  queue_.Leave(&other);
  EXPECT_FALSE(third.started) << "connection a has used up its share";
  queue_.Leave(&first);
  EXPECT_TRUE(third.started);
}

TEST_F(ReceiveQueueTest, ConnectionsTakeTurns) {
  for (const char* connection : {"a", "b", "c", "d"}) Enter(connection);
  FakeCaller& many = Enter("e");
  FakeCaller& many_more = Enter("e");
  FakeCaller& one = Enter("f");
  queue_.Leave(&callers_[0]);
  EXPECT_TRUE(many.started);
  queue_.Leave(&callers_[1]);
  EXPECT_TRUE(one.started);
  EXPECT_FALSE(many_more.started);
  queue_.Leave(&many);
  EXPECT_TRUE(many_more.started);
}

TEST_F(ReceiveQueueTest, SlowOnesAreCutOffWhereAConnectionGetsNoTurn) {
  FakeCaller& slow = Enter("a");
  executor_.AdvanceBy(2 * kMaxTime);
  EXPECT_FALSE(slow.cut_off) << "no other call waits";
  FakeCaller& quick = Enter("b");
  Enter("c");
  Enter("d");
  FakeCaller& waiting = Enter("e");
  FakeCaller& next = Enter("f");
  executor_.AdvanceBy(kMaxTime / 2);
  queue_.Leave(&quick);
  EXPECT_TRUE(waiting.started);
  executor_.AdvanceBy(kMaxTime / 4);
  queue_.Leave(&waiting);
  EXPECT_TRUE(next.started);
  executor_.AdvanceBy(4 * kMaxTime);
  EXPECT_FALSE(slow.cut_off) << "every connection had its turn";
  EXPECT_EQ(executor_.next_timer(), kNever) << "no timer runs while no call waits";

  Enter("g");
  executor_.AdvanceBy(kMaxTime);
  EXPECT_TRUE(slow.cut_off && next.cut_off);
}

TEST_F(ReceiveQueueTest, AConnectionThatIsInItsOwnWayHarmsNoOther) {
  FakeCaller& first = Enter("a");
  FakeCaller& second = Enter("a");
  FakeCaller& third = Enter("a");
  FakeCaller& other = Enter("b");
  executor_.AdvanceBy(kMaxTime);
  EXPECT_TRUE(first.cut_off && second.cut_off);
  EXPECT_FALSE(other.cut_off);
  queue_.Leave(&first);
  EXPECT_TRUE(third.started);
}

}  // namespace
}  // namespace quorate::server
