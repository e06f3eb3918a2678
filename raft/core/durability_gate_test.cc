#include "raft/core/durability_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace quorate::raft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

effect::Reply MakeReply(SessionId session) {
  return {.session = session, .message = HeartbeatResponse{}};
}

std::vector<SessionId> Sessions(const std::vector<effect::Reply>& replies) {
  std::vector<SessionId> sessions;
  for (const effect::Reply& reply : replies) sessions.push_back(reply.session);
  return sessions;
}

TEST(DurabilityGateTest, ALogIsDurableUpToItsLastFinishedWrite) {
  DurabilityGate gate(LogIndex(4));
  gate.Issued(LogIndex(6), MonoTime());
  gate.Issued(LogIndex(9), MonoTime());
  EXPECT_EQ(gate.durable_index(), LogIndex(4));
  gate.Completed(1);
  EXPECT_EQ(gate.durable_index(), LogIndex(6));
  gate.Completed(2);
  EXPECT_EQ(gate.durable_index(), LogIndex(9));
}

TEST(DurabilityGateTest, TheCoveringWriteIsTheFirstThatReachesTheIndex) {
  DurabilityGate gate(LogIndex(4));
  gate.Issued(LogIndex(6), MonoTime());
  gate.Issued(LogIndex(6), MonoTime());  // a vote
  gate.Issued(LogIndex(9), MonoTime());
  EXPECT_TRUE(gate.IsDurable(gate.Covering(LogIndex(4))));
  EXPECT_EQ(gate.Covering(LogIndex(6)), 1u);
  EXPECT_EQ(gate.Covering(LogIndex(7)), 3u);
  EXPECT_EQ(gate.Covering(LogIndex(10)), gate.next_id());
}

TEST(DurabilityGateTest, RepliesLeaveWithTheWriteTheyWaitForInOrder) {
  DurabilityGate gate(LogIndex(0));
  gate.Issued(LogIndex(1), MonoTime());
  gate.Issued(LogIndex(2), MonoTime());
  gate.Hold(2, MakeReply(20));
  gate.Hold(1, MakeReply(10));
  gate.Hold(2, MakeReply(21));
  EXPECT_THAT(Sessions(gate.Completed(1)), ElementsAre(10));
  EXPECT_THAT(Sessions(gate.Completed(2)), ElementsAre(20, 21));
}

// etcd raft: the completion of an old write was counted for newer entries with the same indexes.
TEST(DurabilityGateTest, AWriteFromBeforeATruncationProvesNothingBehindIt) {
  DurabilityGate gate(LogIndex(4));
  gate.Issued(LogIndex(9), MonoTime());
  gate.TruncatedAfter(LogIndex(6));
  gate.Issued(LogIndex(8), MonoTime());  // other entries at 7 and 8
  EXPECT_THAT(gate.Completed(1), IsEmpty());
  EXPECT_EQ(gate.durable_index(), LogIndex(6));
  EXPECT_EQ(gate.Covering(LogIndex(7)), 2u);
  gate.Completed(2);
  EXPECT_EQ(gate.durable_index(), LogIndex(8));
}

TEST(DurabilityGateTest, TheOldestWriteTellsHowLongTheDiskHasBeenSilent) {
  DurabilityGate gate(LogIndex(0));
  EXPECT_EQ(gate.OldestIssue(), std::nullopt);
  const MonoTime first = MonoTime(std::chrono::seconds(1));
  const MonoTime second = MonoTime(std::chrono::seconds(2));
  gate.Issued(LogIndex(1), first);
  gate.Issued(LogIndex(2), second);
  EXPECT_EQ(gate.OldestIssue(), first);
  gate.Completed(1);
  EXPECT_EQ(gate.OldestIssue(), second);
}

TEST(DurabilityGateDeathTest, WritesFinishInOrder) {
  DurabilityGate gate(LogIndex(0));
  gate.Issued(LogIndex(1), MonoTime());
  gate.Issued(LogIndex(2), MonoTime());
  EXPECT_DEATH(gate.Completed(2), "writes finish in order");
}

}  // namespace
}  // namespace quorate::raft
