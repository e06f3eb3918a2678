#include "server/node/leadership_transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quorate::server {
namespace {

using ::testing::HasSubstr;

raft::ReplicaKey KeyOf(int id) { return {.node_id = NodeId(id)}; }

// Controller 1 leads the voters 1 to 4, of which 4 is down. 5 is an observer that is caught up.
raft::QuorumStatus Status() {
  raft::QuorumStatus status{.self = NodeId(1), .leader = NodeId(1)};
  std::vector<raft::Voter> voters;
  for (int id = 1; id <= 4; ++id) voters.push_back({.key = KeyOf(id)});
  status.voter_set = raft::VoterSet(voters);
  status.replicas = {
      {.key = KeyOf(1), .log_end_offset = RecordOffset(90)},
      {.key = KeyOf(2), .log_end_offset = RecordOffset(70), .in_session = true},
      {.key = KeyOf(3), .log_end_offset = RecordOffset(80), .in_session = true},
      {.key = KeyOf(4), .log_end_offset = RecordOffset(85), .in_session = false},
      {.key = KeyOf(5), .is_voter = false, .log_end_offset = RecordOffset(90), .in_session = true},
  };
  return status;
}

std::string Refusal(const raft::QuorumStatus& status, std::optional<NodeId> target) {
  return std::get<common::v1::Error>(ChooseSuccessor(status, target)).message();
}

TEST(ChooseSuccessorTest, TheVoterInSessionThatHasMostOfTheLog) {
  EXPECT_EQ(std::get<NodeId>(ChooseSuccessor(Status(), std::nullopt)), NodeId(3));
}

TEST(ChooseSuccessorTest, TheTargetEvenIfItIsTheLeader) {
  EXPECT_EQ(std::get<NodeId>(ChooseSuccessor(Status(), NodeId(2))), NodeId(2));
  EXPECT_EQ(std::get<NodeId>(ChooseSuccessor(Status(), NodeId(1))), NodeId(1));
}

TEST(ChooseSuccessorTest, NeitherAnObserverNorWhoIsDown) {
  EXPECT_EQ(Refusal(Status(), NodeId(5)), "controller 5 is not a voter; the voters are 1, 2, 3, 4");
  EXPECT_EQ(Refusal(Status(), NodeId(4)),
            "controller 4 is not in session with the active controller");
}

TEST(ChooseSuccessorTest, ThereMayBeNobody) {
  raft::QuorumStatus status = Status();
  for (raft::ReplicaStatus& replica : status.replicas) replica.in_session = false;
  EXPECT_THAT(Refusal(status, std::nullopt), HasSubstr("no other voter is in session"));
}

}  // namespace
}  // namespace quorate::server
