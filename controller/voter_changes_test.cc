#include "controller/voter_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "controller/testing/controller_cluster.h"

namespace quorate::controller {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::SizeIs;

// Controllers 1, 2 and 3 are the voters, with the directory ids that FakeQuorum gives them (zero).
class VoterChangesTest : public ::testing::Test {
 protected:
  VoterChangesTest() {
    cluster_.Elect(1);
    cluster_.Commit();
    Show({1, 2, 3});
  }

  static raft::ReplicaKey KeyOf(int id) { return {.node_id = NodeId(id)}; }

  // Sets the replicas that are in session and caught up.
  void Show(const std::vector<int>& caught_up) {
    std::vector<raft::ReplicaStatus> replicas;
    for (const int id : caught_up) {
      replicas.push_back({.key = KeyOf(id),
                          .in_session = true,
                          .caught_up = true,
                          .max_metadata_version = metadata::kLatestMetadataVersion});
    }
    cluster_.quorum().SetReplicas(std::move(replicas));
  }

  // Sets the client endpoint that voter 2 announces.
  void Announce(const std::string& client_endpoint) {
    cluster_.quorum().SetReplicas(
        {{.key = KeyOf(1), .in_session = true, .caught_up = true},
         {.key = KeyOf(2),
          .announced = raft::Voter{.key = KeyOf(2), .client_endpoint = client_endpoint},
          .in_session = true,
          .caught_up = true}});
  }

  Pending<VoterChangeResult> Change(VoterChange change, bool validate_only = false,
                                    MonoTime deadline = kNever) {
    Pending<VoterChangeResult> pending;
    cluster_.active().ChangeVoters(std::move(change), validate_only,
                                   {.principal = "admin", .deadline = deadline}, pending.reply());
    cluster_.Advance(milliseconds(0));
    return pending;
  }

  // Returns the voter sets of all entries.
  std::vector<std::vector<NodeId>> Sets() {
    std::vector<std::vector<NodeId>> sets;
    for (const raft::EntryPtr& entry : cluster_.quorum().entries()) {
      if (entry->header().type != raft::EntryType::kVoters) continue;
      sets.push_back(raft::VoterSet::Parse(entry->payload())->NodeIds());
    }
    return sets;
  }

  static std::vector<NodeId> Ids(const std::vector<int>& ids) { return {ids.begin(), ids.end()}; }

  ControllerCluster cluster_{3};
};

TEST_F(VoterChangesTest, AnObserverIsAddedOnceItHasCaughtUp) {
  const auto added = Change(AddVoter{KeyOf(4)});
  cluster_.Advance(seconds(5));
  EXPECT_THAT(Sets(), ElementsAre(Ids({1, 2, 3}))) << "it is not in session";
  Show({1, 2, 3, 4});
  cluster_.Advance(seconds(1));
  EXPECT_THAT(Sets(), ElementsAre(Ids({1, 2, 3}), Ids({1, 2, 3, 4})));
  EXPECT_FALSE(added.done()) << "the change is not committed";
  cluster_.Commit();
  ASSERT_TRUE(added.ok());
  EXPECT_TRUE(added.value().changed);
  EXPECT_EQ(added.value().voters.NodeIds(), Ids({1, 2, 3, 4}));
  const raft::EntryHeader& header = cluster_.quorum().entries().back()->header();
  EXPECT_EQ(header.principal, "admin");
  EXPECT_EQ(header.cause, "add controller 4 to the voters");
}

TEST_F(VoterChangesTest, OneAtATime) {
  Show({1, 2, 3, 4, 5});
  const auto first = Change(AddVoter{KeyOf(4)});
  const auto second = Change(AddVoter{KeyOf(5)});
  cluster_.Advance(seconds(1));
  EXPECT_THAT(Sets(), ElementsAre(Ids({1, 2, 3}), Ids({1, 2, 3, 4})));
  cluster_.Commit();
  EXPECT_TRUE(first.ok());
  cluster_.Advance(seconds(1));
  cluster_.Commit();
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second.value().voters.NodeIds(), Ids({1, 2, 3, 4, 5}));
}

TEST_F(VoterChangesTest, OneThatMustWaitHoldsUpNoOther) {
  const auto waits = Change(AddVoter{KeyOf(9)});
  const auto removed = Change(RemoveVoter{NodeId(3)});
  cluster_.Advance(seconds(1));
  cluster_.Commit();
  EXPECT_FALSE(waits.done());
  EXPECT_TRUE(removed.ok());
}

TEST_F(VoterChangesTest, ARepeatedRequestFindsItDone) {
  Show({1, 2, 3, 4});
  Change(AddVoter{KeyOf(4)});
  cluster_.Commit();
  cluster_.Elect(2);
  const auto again = Change(AddVoter{KeyOf(4)});
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again.value().changed);
  EXPECT_EQ(again.value().voters.NodeIds(), Ids({1, 2, 3, 4}));
}

TEST_F(VoterChangesTest, ADryRunChangesNothing) {
  const auto removed = Change(RemoveVoter{NodeId(2)}, /*validate_only=*/true);
  ASSERT_TRUE(removed.ok());
  EXPECT_TRUE(removed.value().changed);
  EXPECT_EQ(removed.value().voters.NodeIds(), Ids({1, 3}));
  EXPECT_THAT(Sets(), ElementsAre(Ids({1, 2, 3})));
}

TEST_F(VoterChangesTest, ADryRunDoesNotWait) {
  const auto added = Change(AddVoter{KeyOf(4)}, /*validate_only=*/true);
  ASSERT_TRUE(added.done());
  EXPECT_EQ(added.error().code(), common::v1::INVALID_REQUEST);
  EXPECT_THAT(added.error().message(), HasSubstr("could not add controller 4 to the voters now: "));
  EXPECT_THAT(added.error().message(), HasSubstr("not in session"));
}

TEST_F(VoterChangesTest, ADeadlineTellsThatAnotherChangeWasUnderWay) {
  const auto first = Change(RemoveVoter{NodeId(3)});
  const auto second =
      Change(RemoveVoter{NodeId(2)}, false, cluster_.clock().Now() + milliseconds(510));
  // No later than the deadline, because the caller stops waiting then.
  cluster_.Advance(milliseconds(510));
  ASSERT_TRUE(second.done());
  EXPECT_EQ(second.error().code(), common::v1::REQUEST_TIMED_OUT);
  EXPECT_THAT(second.error().message(), HasSubstr("another change of the voters is under way"));
  cluster_.Commit();
  EXPECT_TRUE(first.ok());
}

TEST_F(VoterChangesTest, ADeadlineTellsWhatWasMissing) {
  const auto added = Change(AddVoter{KeyOf(4)}, false, cluster_.clock().Now() + seconds(2));
  cluster_.Advance(seconds(3));
  ASSERT_TRUE(added.done());
  EXPECT_EQ(added.error().code(), common::v1::REQUEST_TIMED_OUT);
  EXPECT_EQ(added.error().outcome(), common::v1::REFUSED);
  EXPECT_THAT(added.error().message(), HasSubstr("add controller 4 to the voters in time: "));
  EXPECT_THAT(added.error().message(), HasSubstr("not in session"));
}

TEST_F(VoterChangesTest, LosingLeadershipRefusesWhatIsHeldAndLeavesUnknownWhatIsAppended) {
  const auto removed = Change(RemoveVoter{NodeId(3)});
  const auto held = Change(AddVoter{KeyOf(4)});
  cluster_.Elect(2);
  ASSERT_TRUE(removed.done() && held.done());
  EXPECT_EQ(removed.error().outcome(), common::v1::UNKNOWN);
  EXPECT_EQ(held.error().outcome(), common::v1::REFUSED);
  // The entry was lost, and the next controller does not have it.
  const auto again = Change(RemoveVoter{NodeId(3)});
  cluster_.Commit();
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again.value().changed);
}

TEST_F(VoterChangesTest, AVoterThatMovedIsRecordedAndTheMembersStay) {
  Announce("two:9092");
  cluster_.Advance(seconds(5));
  const raft::EntryPtr& entry = cluster_.quorum().entries().back();
  EXPECT_EQ(entry->header().cause, "voter 2 moved: client none -> two:9092");
  EXPECT_EQ(entry->header().principal, "controller");
  const auto voters = raft::VoterSet::Parse(entry->payload());
  ASSERT_TRUE(voters.ok()) << voters.status();
  EXPECT_EQ(voters->NodeIds(), Ids({1, 2, 3}));
  EXPECT_EQ(voters->FindByNodeId(NodeId(2))->client_endpoint, "two:9092");
  cluster_.Commit();
  cluster_.Advance(seconds(20));
  EXPECT_THAT(Sets(), ElementsAre(Ids({1, 2, 3}), Ids({1, 2, 3}))) << "nothing moved since";
}

TEST_F(VoterChangesTest, AnAddressThatKeepsChangingMakesFewEntries) {
  cluster_.quorum().CommitAtOnce(true);
  for (int i = 0; i < 600; ++i) {
    Announce("two:" + std::to_string(1 + i % 3));
    cluster_.Advance(milliseconds(100));
    // Requests that ask for the quorum's status add no entry.
    Change(AddVoter{KeyOf(9)}, /*validate_only=*/true);
  }
  EXPECT_THAT(Sets(), SizeIs(Gt(2)));
  EXPECT_THAT(Sets(), SizeIs(Le(1 + 60 / 5)));
}

TEST_F(VoterChangesTest, NewAddressesWaitForAChangeOfTheVoters) {
  const auto removed = Change(RemoveVoter{NodeId(3)});
  Announce("two:9092");
  cluster_.Advance(seconds(20));
  EXPECT_THAT(Sets(), ElementsAre(Ids({1, 2, 3}), Ids({1, 2})));
  cluster_.Commit();
  EXPECT_TRUE(removed.ok());
  cluster_.Advance(seconds(5));
  EXPECT_THAT(Sets(), ElementsAre(Ids({1, 2, 3}), Ids({1, 2}), Ids({1, 2})));
  // And a change of the voters waits for the new addresses.
  Show({1, 2, 4});
  const auto added = Change(AddVoter{KeyOf(4)});
  cluster_.Advance(seconds(1));
  EXPECT_THAT(Sets(), SizeIs(3));
  cluster_.Commit();
  cluster_.Advance(seconds(1));
  cluster_.Commit();
  ASSERT_TRUE(added.ok());
  EXPECT_EQ(added.value().voters.FindByNodeId(NodeId(2))->client_endpoint, "two:9092");
}

TEST_F(VoterChangesTest, OnlyTheActiveControllerRecordsAddresses) {
  Announce("two:9092");
  cluster_.quorum().LoseLeader();
  cluster_.Advance(seconds(20));
  EXPECT_THAT(Sets(), SizeIs(1));
  cluster_.Elect(2);
  cluster_.Advance(seconds(4));
  EXPECT_THAT(Sets(), SizeIs(1)) << "leaders that change often write no more entries";
  cluster_.Advance(seconds(1));
  EXPECT_THAT(Sets(), SizeIs(2));
}

TEST_F(VoterChangesTest, AStandbyRefuses) {
  Pending<VoterChangeResult> pending;
  cluster_.controller(2).ChangeVoters(RemoveVoter{NodeId(3)}, false, {}, pending.reply());
  cluster_.Advance(milliseconds(0));
  EXPECT_EQ(pending.error().code(), common::v1::NOT_CONTROLLER);
}

}  // namespace
}  // namespace quorate::controller
