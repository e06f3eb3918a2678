#include "raft/core/founding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace quorate::raft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ReplicaKey KeyOf(int id, char directory = 0) {
  const char letter = directory ? directory : static_cast<char>('a' + id);
  return {.node_id = NodeId(id),
          .directory_id = *Uuid::FromBytes(std::string(Uuid::kBytes, letter))};
}

VoterSet MakeVoters(const std::vector<ReplicaKey>& keys) {
  std::vector<Voter> voters;
  for (const ReplicaKey& key : keys) voters.push_back({.key = key});
  return VoterSet(std::move(voters));
}

RaftOptions OptionsOf(int self, std::vector<int> voters = {1, 2, 3}) {
  RaftOptions options{.self = KeyOf(self), .peer_endpoint = "host:" + std::to_string(self)};
  for (const int id : voters) options.configured_voters.push_back(NodeId(id));
  return options;
}

PeerHello HelloOf(int id) {
  return {.key = KeyOf(id),
          .peer_endpoint = "host:" + std::to_string(id),
          .configured_voters = {NodeId(1), NodeId(2), NodeId(3)}};
}

std::string WaitingFor(const Founding& founding) {
  const auto outcome = founding.Decide();
  const auto* waiting = std::get_if<Founding::Waiting>(&outcome);
  return waiting ? waiting->waiting_for : "(nobody)";
}

TEST(FoundingTest, WaitsForEveryConfiguredVoterAndSaysForWhom) {
  Founding founding(OptionsOf(1));
  EXPECT_EQ(WaitingFor(founding), "controller 2, controller 3");
  founding.OnHello(HelloOf(3));
  EXPECT_EQ(WaitingFor(founding), "controller 2");
  founding.OnHello(HelloOf(2));
  EXPECT_EQ(WaitingFor(founding), "(nobody)");
}

TEST(FoundingTest, FoundsWithAllDirectoriesWhenNobodyHasALog) {
  Founding founding(OptionsOf(2));
  founding.OnHello(HelloOf(3));
  founding.OnHello(HelloOf(1));
  const auto outcome = founding.Decide();
  const VoterSet& voters = std::get<Founding::Founded>(outcome).voters;
  EXPECT_THAT(voters.NodeIds(), ElementsAre(NodeId(1), NodeId(2), NodeId(3)));
  for (int id = 1; id <= 3; ++id) EXPECT_TRUE(voters.Contains(KeyOf(id)));
  EXPECT_EQ(voters.FindByNodeId(NodeId(3))->peer_endpoint, "host:3");
}

TEST(FoundingTest, TheSetHasClientEndpointsIfEachProgramKnowsThem) {
  const auto found = [](uint32_t own_version, uint32_t version_of_three) {
    RaftOptions options = OptionsOf(1);
    options.client_endpoint = "client:1";
    options.max_metadata_version = own_version;
    Founding founding(options);
    for (const int id : {2, 3}) {
      PeerHello hello = HelloOf(id);
      hello.client_endpoint = "client:" + std::to_string(id);
      hello.max_metadata_version = id == 3 ? version_of_three : 2;
      founding.OnHello(hello);
    }
    return std::get<Founding::Founded>(founding.Decide()).voters;
  };
  const VoterSet with_endpoints = found(2, 3);
  for (const Voter& voter : with_endpoints.voters()) {
    EXPECT_EQ(voter.client_endpoint, "client:" + ToString(voter.key.node_id));
  }
  for (const VoterSet& voters : {found(1, 2), found(2, 1)}) {
    for (const Voter& voter : voters.voters()) {
      EXPECT_EQ(voter.peer_endpoint, "host:" + ToString(voter.key.node_id));
      EXPECT_EQ(voter.client_endpoint, "");
    }
  }
}

TEST(FoundingTest, EveryNodeFoundsTheSameSet) {
  Founding first(OptionsOf(1));
  first.OnHello(HelloOf(2));
  first.OnHello(HelloOf(3));
  Founding second(OptionsOf(2));
  second.OnHello(HelloOf(1));
  second.OnHello(HelloOf(3));
  EXPECT_EQ(std::get<Founding::Founded>(first.Decide()).voters.Encode(),
            std::get<Founding::Founded>(second.Decide()).voters.Encode());
}

TEST(FoundingTest, ASingleVoterWaitsForNobody) {
  const Founding founding(OptionsOf(1, {1}));
  EXPECT_TRUE(std::holds_alternative<Founding::Founded>(founding.Decide()));
}

TEST(FoundingTest, WaitsWhileConfigurationsDiffer) {
  Founding founding(OptionsOf(1));
  PeerHello other = HelloOf(2);
  other.configured_voters = {NodeId(1), NodeId(2), NodeId(4)};
  founding.OnHello(other);
  founding.OnHello(HelloOf(3));
  EXPECT_EQ(WaitingFor(founding),
            "controller 2 (it is configured with voters 1,2,4, this one with 1,2,3)");
  founding.OnHello(HelloOf(2));  // corrected and started again
  EXPECT_EQ(WaitingFor(founding), "(nobody)");
}

TEST(FoundingTest, JoinsALogThatKnowsIt) {
  Founding founding(OptionsOf(3));
  PeerHello leader = HelloOf(1);
  leader.has_log = true;
  leader.voter_set = MakeVoters({KeyOf(1), KeyOf(2), KeyOf(3)});
  founding.OnHello(leader);
  founding.OnHello(HelloOf(2));
  EXPECT_EQ(std::get<Founding::Founded>(founding.Decide()).voters, *leader.voter_set);
}

TEST(FoundingTest, JoinsASetThatAPeerPersistedWithoutALog) {
  Founding founding(OptionsOf(3));
  PeerHello founded = HelloOf(2);
  founded.voter_set = MakeVoters({KeyOf(1), KeyOf(2), KeyOf(3)});
  founding.OnHello(HelloOf(1));
  founding.OnHello(founded);
  EXPECT_EQ(std::get<Founding::Founded>(founding.Decide()).voters, *founded.voter_set);
}

// A wiped disk under an old node id is another replica.
TEST(FoundingTest, AnEmptiedDirectoryIsRefusedWithTheRemedy) {
  RaftOptions options = OptionsOf(3);
  options.self = KeyOf(3, 'z');
  Founding founding(options);
  PeerHello leader = HelloOf(1);
  leader.has_log = true;
  leader.voter_set = MakeVoters({KeyOf(1), KeyOf(2), KeyOf(3)});
  founding.OnHello(leader);
  EXPECT_EQ(WaitingFor(founding), "controller 2") << "first it hears everyone";
  founding.OnHello(HelloOf(2));
  const auto outcome = founding.Decide();
  const absl::Status& status = std::get<Founding::Refused>(outcome).status;
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("controller 3 with directory id"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("quorum replace"));
}

TEST(FoundingTest, ACopiedDirectoryIsRefused) {
  Founding founding(OptionsOf(1));
  PeerHello copy = HelloOf(2);
  copy.key = KeyOf(2, static_cast<char>('a' + 1));
  founding.OnHello(copy);
  EXPECT_TRUE(std::holds_alternative<Founding::Refused>(founding.Decide()));
}

TEST(FoundingTest, OthersThanConfiguredVotersAreIgnored) {
  Founding founding(OptionsOf(1));
  founding.OnHello(HelloOf(2));
  founding.OnHello(HelloOf(7));
  EXPECT_EQ(WaitingFor(founding), "controller 3");
}

TEST(FoundingTest, ARestartNeedsTheVotersOfTheFirstStart) {
  const RestoredLog restored{.founding_voters = MakeVoters({KeyOf(1), KeyOf(2), KeyOf(3)})};
  EXPECT_TRUE(Founding::CheckConfiguration(OptionsOf(1, {3, 2, 1}), restored).ok());
  const absl::Status status = Founding::CheckConfiguration(OptionsOf(1, {1, 2, 3, 4, 5}), restored);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("1,2,3,4,5"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("name 1,2,3 again"));
}

TEST(FoundingTest, ARestartMayAlsoNameTheLogsLatestVoters) {
  const RestoredLog restored{
      .last_index = LogIndex(2),
      .voter_sets = {{LogIndex(2), MakeVoters({KeyOf(1), KeyOf(2), KeyOf(3), KeyOf(4), KeyOf(5)})}},
      .founding_voters = MakeVoters({KeyOf(1), KeyOf(2), KeyOf(3)})};
  EXPECT_TRUE(Founding::CheckConfiguration(OptionsOf(1, {1, 2, 3}), restored).ok());
  EXPECT_TRUE(Founding::CheckConfiguration(OptionsOf(1, {1, 2, 3, 4, 5}), restored).ok());
  EXPECT_FALSE(Founding::CheckConfiguration(OptionsOf(1, {1, 2, 4}), restored).ok());
}

// Controller 2 was replaced, so it has no founding set. Controller 3 was removed later.
RestoredLog LogOfAReplacedVoter() {
  return {.first_index = LogIndex(5),
          .last_index = LogIndex(9),
          .voter_sets = {{LogIndex(5), MakeVoters({KeyOf(1), KeyOf(2), KeyOf(3)})},
                         {LogIndex(9), MakeVoters({KeyOf(1), KeyOf(2)})}}};
}

TEST(FoundingTest, ARestartMayNameWhatAnEarlierStartAccepted) {
  RestoredLog restored = LogOfAReplacedVoter();
  restored.voter_sets.erase(restored.voter_sets.begin());
  EXPECT_FALSE(Founding::CheckConfiguration(OptionsOf(2, {1, 2, 3}), restored).ok());
  restored.accepted_voter_lists = {{NodeId(1), NodeId(2), NodeId(3)}};
  EXPECT_TRUE(Founding::CheckConfiguration(OptionsOf(2, {3, 1, 2}), restored).ok());
  EXPECT_TRUE(Founding::CheckConfiguration(OptionsOf(2, {1, 2}), restored).ok());
  EXPECT_FALSE(Founding::CheckConfiguration(OptionsOf(2, {1, 2, 4}), restored).ok());
}

TEST(FoundingTest, WithoutWrittenListsTheLogShowsWhatAStartAccepted) {
  RestoredLog restored = LogOfAReplacedVoter();
  EXPECT_TRUE(Founding::CheckConfiguration(OptionsOf(2, {1, 2, 3}), restored).ok());
  EXPECT_FALSE(Founding::CheckConfiguration(OptionsOf(2, {1, 2, 4}), restored).ok());
  // If lists are recorded, an old set that is not one of them is an edit.
  restored.accepted_voter_lists = {{NodeId(1), NodeId(2)}};
  EXPECT_FALSE(Founding::CheckConfiguration(OptionsOf(2, {1, 2, 3}), restored).ok());
}

TEST(FoundingTest, AConfigurationNamesThisNodeAndNobodyTwice) {
  EXPECT_EQ(Founding::CheckConfiguration(OptionsOf(4), {}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Founding::CheckConfiguration(OptionsOf(1, {1, 2, 2}), {}).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(FoundingTest, WaitsForAConfiguredVoterThatIsStartedAsObserver) {
  Founding founding(OptionsOf(1));
  PeerHello observer = HelloOf(2);
  observer.observer = true;
  founding.OnHello(observer);
  founding.OnHello(HelloOf(3));
  EXPECT_EQ(WaitingFor(founding),
            "controller 2 (it is an observer, which does not found a cluster)");
}

TEST(FoundingTest, AnObserverNeedNotBeAmongTheVoters) {
  RaftOptions options = OptionsOf(4);
  options.observer = true;
  EXPECT_TRUE(Founding::CheckConfiguration(options, {}).ok());
  const RestoredLog promoted{
      .last_index = LogIndex(9),
      .voter_sets = {{LogIndex(9), MakeVoters({KeyOf(1), KeyOf(2), KeyOf(3), KeyOf(4)})}}};
  EXPECT_TRUE(Founding::CheckConfiguration(options, promoted).ok());
  // It may have received the barrier, but not the entry after it.
  EXPECT_TRUE(Founding::CheckConfiguration(options, {.last_index = LogIndex(1)}).ok());
}

TEST(FoundingTest, ALogWithoutAVoterSetIsDamage) {
  EXPECT_EQ(Founding::CheckConfiguration(OptionsOf(1), {.last_index = LogIndex(3)}).code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace quorate::raft
