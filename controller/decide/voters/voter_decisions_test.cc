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

TEST(AddVoterTest, AddsTheClientEndpointFromVersion2On) {
  raft::QuorumStatus status = StatusOf({KeyOf(1), KeyOf(2)});
  status.replicas[1].announced = raft::Voter{
      .key = KeyOf(2), .peer_endpoint = "host-2:9093", .client_endpoint = "host-2:9092"};
  for (const uint32_t version : {1, 2}) {
    const auto next = std::get<raft::VoterSet>(
        DecideVoterChange(AddVoter{KeyOf(2)}, VotersOf({1}), status, version));
    const raft::Voter& added = *next.FindByNodeId(NodeId(2));
    EXPECT_EQ(added.peer_endpoint, "host-2:9093");
    EXPECT_EQ(added.client_endpoint, version == 1 ? "" : "host-2:9092");
  }
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

class MovedVotersTest : public ::testing::Test {
 protected:
  // Voters 1 and 2, which announce the addresses in the set.
  MovedVotersTest() {
    for (const int id : {1, 2}) {
      const std::string host = "host-" + std::to_string(id);
      voters_ = voters_.With({.key = KeyOf(id),
                              .peer_endpoint = host + ":9093",
                              .client_endpoint = host + ":9092",
                              .kafka_endpoint = host + ":9094"});
      status_.replicas.push_back(
          {.key = KeyOf(id), .announced = *voters_.FindByNodeId(NodeId(id))});
      status_.replicas.back().announced->kafka_endpoint.clear();
    }
  }
  raft::Voter& Announced(int id) {
    return *status_.replicas.at(static_cast<size_t>(id - 1)).announced;
  }
  std::optional<MovedVoters> Decide(uint32_t metadata_version = kMetadataVersion) const {
    return DecideMovedVoters(voters_, status_, metadata_version);
  }

  raft::VoterSet voters_;
  raft::QuorumStatus status_;
};

TEST_F(MovedVotersTest, WithoutAMoveThereIsNothingToDo) { EXPECT_FALSE(Decide().has_value()); }

TEST_F(MovedVotersTest, AVoterIsRecordedAtItsNewAddresses) {
  Announced(2).peer_endpoint = "10.0.0.3:9093";
  const auto moved = Decide();
  ASSERT_TRUE(moved.has_value());
  EXPECT_EQ(moved->cause, "voter 2 moved: peer host-2:9093 -> 10.0.0.3:9093");
  raft::Voter expected = *voters_.FindByNodeId(NodeId(2));
  expected.peer_endpoint = "10.0.0.3:9093";
  EXPECT_EQ(moved->voters, voters_.With(expected)) << "the Kafka endpoint stays";
  EXPECT_EQ(moved->voters.DistanceTo(voters_), 0);
}

TEST_F(MovedVotersTest, SeveralVotersMoveInOneEntry) {
  raft::Voter first = *voters_.FindByNodeId(NodeId(1));
  first.client_endpoint.clear();
  voters_ = voters_.With(first);
  Announced(2).peer_endpoint = "two:1";
  Announced(2).client_endpoint = "two:2";
  const auto moved = Decide();
  ASSERT_TRUE(moved.has_value());
  EXPECT_EQ(moved->cause,
            "voter 1 moved: client none -> host-1:9092; "
            "voter 2 moved: peer host-2:9093 -> two:1, client host-2:9092 -> two:2");
  EXPECT_EQ(moved->voters.FindByNodeId(NodeId(1))->client_endpoint, "host-1:9092");
  EXPECT_EQ(moved->voters.FindByNodeId(NodeId(2))->client_endpoint, "two:2");
}

TEST_F(MovedVotersTest, OnlyTheVotersOwnWordsCount) {
  status_.replicas[0].announced.reset();  // not in session
  status_.replicas[1].key = KeyOf(2, 'z');
  status_.replicas[1].announced = raft::Voter{.key = KeyOf(2, 'z'), .peer_endpoint = "other:1"};
  status_.replicas.push_back(
      {.key = KeyOf(3), .announced = raft::Voter{.key = KeyOf(3), .peer_endpoint = "three:1"}});
  EXPECT_FALSE(Decide().has_value());
}

TEST_F(MovedVotersTest, AnUnknownAddressReplacesNone) {
  Announced(1).client_endpoint.clear();
  Announced(2).peer_endpoint.clear();
  EXPECT_FALSE(Decide().has_value());
}

TEST_F(MovedVotersTest, BelowVersion2NothingIsWritten) {
  Announced(2).peer_endpoint = "two:1";
  EXPECT_FALSE(Decide(/*metadata_version=*/1).has_value());
  EXPECT_TRUE(Decide(/*metadata_version=*/2).has_value());
}

TEST_F(MovedVotersTest, TheCauseIsBounded) {
  const std::string longest(300, 'h');
  voters_ = raft::VoterSet();
  status_ = {};
  for (int id = 1; id <= 128; ++id) {
    voters_ =
        voters_.With({.key = KeyOf(id), .peer_endpoint = longest, .client_endpoint = longest});
    status_.replicas.push_back(
        {.key = KeyOf(id),
         .announced = raft::Voter{
             .key = KeyOf(id), .peer_endpoint = longest + "x", .client_endpoint = longest + "x"}});
  }
  const auto moved = Decide();
  ASSERT_TRUE(moved.has_value());
  EXPECT_THAT(moved->cause, HasSubstr("; and 120 more"));
  EXPECT_LT(moved->cause.size(), 16'000u);
  EXPECT_EQ(moved->voters.FindByNodeId(NodeId(128))->client_endpoint, longest + "x");
}

}  // namespace
}  // namespace quorate::controller
