#include "raft/core/leadership_transfer.h"

#include <gtest/gtest.h>

namespace quorate::raft {
namespace {

using Action = LeadershipTransfer::Action;
using Target = LeadershipTransfer::Target;

constexpr Target kReady = {.is_voter = true, .in_contact = true, .has_whole_log = true};
constexpr MonoTime At(int ms) { return MonoTime(std::chrono::milliseconds(ms)); }

class LeadershipTransferTest : public ::testing::Test {
 protected:
  LeadershipTransfer transfer_ =
      LeadershipTransfer(Token(7), Epoch(3), ReplicaKey{.node_id = NodeId(2)}, At(100));
};

TEST_F(LeadershipTransferTest, TheTargetIsOrderedOnceTheUsersHavePausedAndItHasTheWholeLog) {
  EXPECT_EQ(transfer_.Next(kReady), Action::kWait);
  transfer_.OnPauseConfirmed(Epoch(3));
  EXPECT_EQ(transfer_.Next({.is_voter = true, .in_contact = true}), Action::kWait);
  EXPECT_EQ(transfer_.Next({.is_voter = true, .has_whole_log = true}), Action::kWait);
  EXPECT_EQ(transfer_.Next(kReady), Action::kOrderTarget);
}

TEST_F(LeadershipTransferTest, APauseOfAnotherEpochDoesNotCount) {
  transfer_.OnPauseConfirmed(Epoch(2));
  EXPECT_EQ(transfer_.Next(kReady), Action::kWait);
}

TEST_F(LeadershipTransferTest, ATargetThatWasRemovedIsAbandoned) {
  EXPECT_EQ(transfer_.Next({.in_contact = true, .has_whole_log = true}), Action::kAbandon);
}

TEST_F(LeadershipTransferTest, TheTargetIsOrderedOnceAndHasALongerDeadline) {
  transfer_.OnPauseConfirmed(Epoch(3));
  EXPECT_EQ(transfer_.deadline(), At(100));
  transfer_.OnOrdered(At(1'100));
  EXPECT_EQ(transfer_.deadline(), At(1'100));
  EXPECT_EQ(transfer_.Next(kReady), Action::kWait);
  EXPECT_EQ(transfer_.Next({}), Action::kWait);
}

TEST_F(LeadershipTransferTest, ALeaderThatWasDeposedDoesNotLetItsUsersResume) {
  EXPECT_TRUE(transfer_.still_leads());
  transfer_.OnPauseConfirmed(Epoch(3));
  transfer_.OnOrdered(At(1'100));
  EXPECT_TRUE(transfer_.still_leads());
  transfer_.OnDeposed();
  EXPECT_FALSE(transfer_.still_leads());
  EXPECT_EQ(transfer_.Next(kReady), Action::kWait);
}

}  // namespace
}  // namespace quorate::raft
