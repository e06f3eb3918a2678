#include "controller/decide/voters/voter_decisions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace quorate::controller {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint32_t kMetadataVersion = 2;

raft::ReplicaKey KeyOf(int id, char directory = 'a') {
  return {.node_id = NodeId(id),
          .directory_id = *Uuid::FromBytes(std::string(Uuid::kBytes, directory))};
}

raft::VoterSet VotersOf(const std::vector<int>& ids) {
  std::vector<raft::Voter> voters;
  for (const int id : ids) voters.push_back({.key = KeyOf(id)});
  return raft::VoterSet(std::move(voters));
}

// Returns a status in which these replicas are in session and caught up.
raft::QuorumStatus StatusOf(const std::vector<raft::ReplicaKey>& caught_up) {
  raft::QuorumStatus status{.log_end_offset = RecordOffset(90)};
  for (const raft::ReplicaKey& key : caught_up) {
    status.replicas.push_back({.key = key,
                               .peer_endpoint = "host-" + ToString(key.node_id) + ":9093",
                               .in_session = true,
                               .caught_up = true,
                               .max_metadata_version = kMetadataVersion});
  }
  return status;
}

raft::VoterSet Next(const VoterChange& change, const raft::VoterSet& voters,
                    const raft::QuorumStatus& status) {
  return std::get<raft::VoterSet>(DecideVoterChange(change, voters, status, kMetadataVersion));
}

std::string WaitsFor(const VoterChange& change, const raft::VoterSet& voters,
                     const raft::QuorumStatus& status) {
  return std::get<NotYet>(DecideVoterChange(change, voters, status, kMetadataVersion)).reason;
}

std::string Refusal(const VoterChange& change, const raft::VoterSet& voters,
                    const raft::QuorumStatus& status) {
  const auto outcome = DecideVoterChange(change, voters, status, kMetadataVersion);
  EXPECT_EQ(std::get<common::v1::Error>(outcome).code(), common::v1::INVALID_REQUEST);
  return std::get<common::v1::Error>(outcome).message();
}

TEST(AddVoterTest, MakesACaughtUpObserverAVoterAtItsEndpoint) {
  const raft::VoterSet next =
      Next(AddVoter{KeyOf(2)}, VotersOf({1}), StatusOf({KeyOf(1), KeyOf(2)}));
  EXPECT_THAT(next.NodeIds(), ElementsAre(NodeId(1), NodeId(2)));
  EXPECT_EQ(next.FindByNodeId(NodeId(2))->peer_endpoint, "host-2:9093");
}

TEST(AddVoterTest, WaitsForTheObserverAndUntilItIsCaughtUp) {
  raft::QuorumStatus status = StatusOf({KeyOf(1)});
  EXPECT_THAT(WaitsFor(AddVoter{KeyOf(2)}, VotersOf({1}), status),
              AllOf(HasSubstr("not in session"), HasSubstr("--observer")));
  status.replicas.push_back({.key = KeyOf(2), .log_end_offset = RecordOffset(30)});
  EXPECT_THAT(WaitsFor(AddVoter{KeyOf(2)}, VotersOf({1}), status), HasSubstr("offset 30 of 90"));
}

TEST(AddVoterTest, AProgramThatIsOlderThanTheLogIsRefused) {
  raft::QuorumStatus status = StatusOf({KeyOf(1), KeyOf(2)});
  status.replicas[1].max_metadata_version = 1;
  EXPECT_THAT(Refusal(AddVoter{KeyOf(2)}, VotersOf({1}), status),
              AllOf(HasSubstr("controller 2 with directory id"),
                    HasSubstr("supports metadata version 1 at most, but the log has version 2: "
                              "start a newer program there")));
  status.replicas[1].max_metadata_version = 3;
  EXPECT_THAT(Next(AddVoter{KeyOf(2)}, VotersOf({1}), status).NodeIds(),
              ElementsAre(NodeId(1), NodeId(2)));
}

TEST(AddVoterTest, AnotherDirectoryUnderTheNodeIdIsNotMeant) {
  const raft::QuorumStatus status = StatusOf({KeyOf(1), KeyOf(2, 'z')});
  EXPECT_THAT(Refusal(AddVoter{KeyOf(2)}, VotersOf({1}), status),
              AllOf(HasSubstr(KeyOf(2).directory_id.ToString() + " is not in session"),
                    HasSubstr("has directory id " + KeyOf(2, 'z').directory_id.ToString())));
}

TEST(AddVoterTest, TheFormerDirectoryMustBeRemovedFirst) {
  const raft::QuorumStatus status = StatusOf({KeyOf(1), KeyOf(2), KeyOf(3, 'z')});
  EXPECT_THAT(Refusal(AddVoter{KeyOf(3, 'z')}, VotersOf({1, 2, 3}), status),
              HasSubstr("remove it first"));
}

TEST(AddVoterTest, AVoterThatIsThereIsNothingToDo) {
  const raft::VoterSet voters = VotersOf({1, 2, 3});
  EXPECT_EQ(Next(AddVoter{KeyOf(3)}, voters, StatusOf({})), voters);
}

TEST(RemoveVoterTest, RemovesAVoterThatIsDown) {
  const raft::VoterSet next =
      Next(RemoveVoter{NodeId(3)}, VotersOf({1, 2, 3}), StatusOf({KeyOf(1), KeyOf(2)}));
  EXPECT_THAT(next.NodeIds(), ElementsAre(NodeId(1), NodeId(2)));
}

TEST(RemoveVoterTest, WaitsWhileTheOthersWouldBeNoQuorum) {
  // Controller 2 is down, so without controller 3 nothing could be committed.
  EXPECT_THAT(
      WaitsFor(RemoveVoter{NodeId(3)}, VotersOf({1, 2, 3}), StatusOf({KeyOf(1), KeyOf(3)})),
      HasSubstr("of the 2 voters after the change, only 1 would be caught up, and 2 are needed"));
}

TEST(RemoveVoterTest, WhoIsNoVoterOrHasAnotherDirectoryIsNothingToDo) {
  const raft::VoterSet voters = VotersOf({1, 2, 3});
  EXPECT_EQ(Next(RemoveVoter{NodeId(4)}, voters, StatusOf({})), voters);
  EXPECT_EQ(Next(RemoveVoter{NodeId(3), KeyOf(3, 'z').directory_id}, voters, StatusOf({})), voters);
}

TEST(RemoveVoterTest, TheOnlyVoterStays) {
  EXPECT_THAT(Refusal(RemoveVoter{NodeId(1)}, VotersOf({1}), StatusOf({KeyOf(1)})),
              HasSubstr("add another one first"));
}

}  // namespace
}  // namespace quorate::controller
