// `quoratectl quorum` adds, removes and replaces controllers under a stream of topic creations. No
// acknowledged creation is lost, none is executed twice, and a wrong request gets one clear error.
#include "tests/process/membership.h"

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "tests/harness/loopback_socket.h"
#include "tests/process/refusal.h"

namespace quorate::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST_F(MembershipTest, OneControllerGrowsToThreeAndItsFounderMayDie) {
  StartCluster(1, 2);
  TopicStream stream(*cluster_, "stream");
  for (const int node : {2, 3}) {
    stream.AwaitMore(5);
    StartObserver(node);
    Quoratectl({"add", std::to_string(node)});
  }
  ExpectVoters({1, 2, 3});
  stream.AwaitMore(5);
  cluster_->controller(1).Kill();
  stream.AwaitMore(5);
  // The configuration of controller 1 names only itself. It finds the other voters in its log.
  cluster_->StartController(1);
  cluster_->AwaitReady();
  // The other controllers also find each other in their logs.
  cluster_->controller(2).Kill();
  stream.AwaitMore(5);
  cluster_->StartController(2);
  cluster_->AwaitReady();
  ExpectNothingLost(stream, {1, 2, 3});
}

TEST_F(MembershipTest, ThreeGrowToFiveAndShrinkToThreeOthers) {
  StartCluster(3, 2);
  TopicStream stream(*cluster_, "stream");
  for (const int node : {4, 5}) {
    StartObserver(node);
    Quoratectl({"add", std::to_string(node)});
    stream.AwaitMore(5);
  }
  ExpectVoters({1, 2, 3, 4, 5});
  cluster_->controller(1).Kill();
  cluster_->controller(2).Kill();
  stream.AwaitMore(5);  // five voters tolerate two failures
  for (const int node : {1, 2}) {
    Quoratectl({"remove", std::to_string(node)});
    stream.AwaitMore(5);
  }
  ExpectVoters({3, 4, 5});
  cluster_->controller(cluster_->AwaitActive()).Kill();
  stream.AwaitMore(5);
  for (const int node : {3, 4, 5}) {
    if (!cluster_->controller(node).Running()) cluster_->StartController(node);
  }
  cluster_->AwaitReady();
  ExpectNothingLost(stream, {3, 4, 5});
}

TEST_F(MembershipTest, ADeadControllerIsReplacedByAnother) {
  StartCluster(3, 1);
  TopicStream stream(*cluster_, "stream");
  cluster_->controller(3).Kill();
  StartObserver(4);
  Quoratectl({"replace", "3", "--with", "4", "--dry-run"});
  ExpectVoters({1, 2, 3});
  Quoratectl({"replace", "3", "--with", "4"});
  ExpectVoters({1, 2, 4});
  Quoratectl({"replace", "3", "--with", "4"});  // already done, so it does nothing
  stream.AwaitMore(5);
  cluster_->controller(1).Kill();
  stream.AwaitMore(5);
  ExpectNothingLost(stream, {2, 4});
}

TEST_F(MembershipTest, AWipedDiskUnderItsNodeIdJoinsAsAnObserverAndIsReplaced) {
  StartCluster(3, 0);
  TopicStream stream(*cluster_, "stream");
  stream.AwaitMore(5);
  cluster_->controller(3).Kill();
  std::filesystem::remove_all(cluster_->ControllerDirectory(3));
  // It must not continue as a voter: it has lost what it acknowledged and its vote.
  cluster_->StartController(3);
  ASSERT_TRUE(cluster_->controller(3).Wait(kPatience));
  EXPECT_THAT(cluster_->controller(3).Log(),
              AllOf(HasSubstr("--observer"), HasSubstr("quoratectl quorum replace 3")));

  cluster_->StartController(3, {"--observer"});
  cluster_->AwaitReady({3});
  EXPECT_EQ(Ids(Quorum().observers()), std::set<int>{3});
  EXPECT_THAT(Refused({"add", "3"}), HasSubstr("'quoratectl quorum replace 3'"));
  Quoratectl({"replace", "3"});
  ExpectVoters({1, 2, 3});
  EXPECT_EQ(Ids(Quorum().observers()), std::set<int>());
  stream.AwaitMore(5);
  // Its vote counts. As a voter, it starts again with its original configuration.
  cluster_->controller(1).Kill();
  stream.AwaitMore(5);
  cluster_->StartController(1);
  cluster_->AwaitReady();
  cluster_->controller(3).Kill();
  cluster_->StartController(3);
  cluster_->AwaitReady();
  ExpectNothingLost(stream, {1, 2, 3});
}

TEST_F(MembershipTest, AReplacedControllerRestartsWithItsOldCommandWhateverChangedSince) {
  StartCluster(3, 0);
  TopicStream stream(*cluster_, "stream");
  cluster_->controller(2).Kill();
  std::filesystem::remove_all(cluster_->ControllerDirectory(2));
  cluster_->StartController(2, {"--observer"});
  cluster_->AwaitReady({2});
  Quoratectl({"replace", "2"});
  cluster_->controller(2).Kill();
  cluster_->StartController(2);
  cluster_->AwaitReady({2});
  Quoratectl({"remove", "3"});
  cluster_->controller(3).Kill();
  stream.AwaitMore(5);
  // With two voters, both are needed. The configurations of both still name three.
  for (const int node : {1, 2}) {
    cluster_->controller(node).Kill();
    cluster_->StartController(node);
    cluster_->AwaitReady({1, 2});
    stream.AwaitMore(5);
  }
  ExpectVoters({1, 2});
  // An edited list is rejected, because it never was the voter set of this cluster.
  cluster_->controller(2).Kill();
  const std::string edited = "--voters=1@127.0.0.1:1,2@127.0.0.1:2,4@127.0.0.1:4";
  EXPECT_THAT(Refusal(With(cluster_->ControllerCommand(2), edited), kFailed),
              HasSubstr("names the voters 1,2,4, but this cluster's are 1,2"));
  cluster_->StartController(2);
  cluster_->AwaitReady({1, 2});
  ExpectNothingLost(stream, {1, 2});
}

TEST_F(MembershipTest, AControllerThatMovedIsFoundWhereItSays) {
  StartCluster(3, 0);
  TopicStream stream(*cluster_, "stream");
  cluster_->controller(2).Kill();
  const LoopbackSocket peer;
  const std::string moved_to = "127.0.0.1:" + std::to_string(peer.port());
  std::vector<std::string> command =
      With(With(cluster_->ControllerCommand(2), "--peer-listen=" + moved_to),
           "--peer-advertise=" + moved_to);
  const auto status = [&] {
    return testing::Run({QuoratectlProgram(), "status", "--bootstrap", cluster_->Bootstrap()})
        .output;
  };
  EXPECT_TRUE(WaitFor([&] {
    return status().find("cannot reach controller 2 at") != std::string::npos;
  })) << status();
  {
    Process moved(command, cluster_->ControllerDirectory(2) + ".log");
    const auto is_found = [&] {
      return status().find(" reaches controller 2 at " + moved_to) != std::string::npos;
    };
    EXPECT_TRUE(WaitFor(is_found)) << status();
    // The moved controller counts as a voter: controller 1 or 3 may die.
    for (const int node : {1, 3}) {
      cluster_->controller(node).Kill();
      stream.AwaitMore(5);
      cluster_->StartController(node);
      cluster_->AwaitReady({node});
    }
    // Removing and adding the controller again writes its new address to the log.
    Quoratectl({"remove", "2"});
    Quoratectl({"add", "2"});
    ExpectVoters({1, 2, 3});
    cluster_->controller(3).Kill();
    stream.AwaitMore(5);
    cluster_->StartController(3);
    cluster_->AwaitReady({3});
    moved.Kill();
  }
  // Controller 2 returns to its old address.
  cluster_->StartController(2);
  cluster_->AwaitReady();
  ExpectNothingLost(stream, {1, 2, 3});
}

TEST_F(MembershipTest, AfterAQuorumIsLostAndRecoveredTheOthersJoinAnew) {
  StartCluster(3, 0);
  client::AdminClient client = cluster_->Client();
  CreateTopic(client, "before", 1, 1);
  cluster_->AwaitReady();
  for (const int node : {1, 2, 3}) cluster_->controller(node).Kill();
  for (const int node : {2, 3}) std::filesystem::remove_all(cluster_->ControllerDirectory(node));
  const RunResult recovered =
      testing::Run({QuoratectlProgram(), "quorum", "recover", "--data-dir",
                    cluster_->ControllerDirectory(1), "--reason", "racks 2 and 3 burnt", "--yes"});
  ASSERT_EQ(recovered.status.code, 0) << recovered.errors;
  cluster_->StartController(1);
  cluster_->AwaitReady();
  ExpectVoters({1});
  for (const int node : {2, 3}) {
    cluster_->StartController(node, {"--observer"});
    cluster_->AwaitReady({node});
    Quoratectl({"add", std::to_string(node)});
  }
  ExpectVoters({1, 2, 3});
  cluster_->controller(1).Kill();
  CreateTopic(client, "after", 1, 1);
  EXPECT_EQ(TopicNames(client), (std::vector<std::string>{"after", "before"}));
}

TEST_F(MembershipTest, TheActiveControllerCanBeRemovedAndGoesOnAsAnObserver) {
  StartCluster(3, 0);
  TopicStream stream(*cluster_, "stream");
  stream.AwaitMore(5);
  const int removed = cluster_->AwaitActive();
  Quoratectl({"remove", std::to_string(removed)});
  const std::vector<int> left = cluster_->Others(removed);
  ExpectVoters({left.begin(), left.end()});
  EXPECT_NE(cluster_->AwaitActive(), removed);
  stream.AwaitMore(5);
  EXPECT_TRUE(WaitFor([&] { return Ids(Quorum().observers()) == std::set<int>{removed}; }));
  cluster_->AwaitReady({removed});
  // The removed controller is an observer like any other, and can be added again.
  Quoratectl({"add", std::to_string(removed)});
  ExpectVoters({1, 2, 3});
  ExpectNothingLost(stream, {1, 2, 3});
}

TEST_F(MembershipTest, LeadershipIsTransferredAndNothingFails) {
  StartCluster(3, 0);
  TopicStream stream(*cluster_, "stream");
  for (int round = 0; round < 3; ++round) {
    stream.AwaitMore(5);
    const int target = cluster_->Others(cluster_->AwaitActive()).front();
    Quoratectl({"transfer", "--to", std::to_string(target)});
    EXPECT_EQ(cluster_->AwaitActive(), target);
    Quoratectl({"transfer", "--to", std::to_string(target)});  // it already leads: no effect
  }
  const int before = cluster_->AwaitActive();
  Quoratectl({"transfer"});
  EXPECT_NE(cluster_->AwaitActive(), before);
  stream.AwaitMore(5);
  ExpectNothingLost(stream, {1, 2, 3});
}

TEST_F(MembershipTest, WrongRequestsAreRefusedInOneLine) {
  StartCluster(3, 1);
  StartObserver(4);
  const std::string directory = Quorum().observers(0).directory_id();
  EXPECT_THAT(Refused({"remove", "9"}),
              HasSubstr("controller 9 is not a voter; the voters are 1, 2"));
  EXPECT_THAT(Refused({"add", "9", "--dry-run"}),
              HasSubstr("would wait for controller 9 to be in session as an observer"));
  EXPECT_THAT(Refused({"add", "1"}), HasSubstr("controller 1 is already a voter"));
  EXPECT_THAT(Refused({"add", "4", "--directory-id", Quorum().voters(0).directory_id()}),
              HasSubstr("controller 4 has directory id " + directory));
  EXPECT_THAT(Refused({"remove", "1", "--directory-id", directory}), HasSubstr("not " + directory));
  EXPECT_THAT(Refused({"replace", "1", "--dry-run"}), HasSubstr("empty its data directory"));
  EXPECT_THAT(Refused({"replace", "1", "--with", "2"}), HasSubstr("'quoratectl quorum remove 1'"));
  EXPECT_THAT(Refused({"transfer", "--to", "4"}), HasSubstr("controller 4 is not a voter"));
  // Controller 4 is stopped, so it cannot catch up.
  cluster_->controller(4).Signal(SIGSTOP);
  EXPECT_TRUE(WaitFor([&] {
    const RunResult result = testing::Run(Command({"add", "4", "--dry-run"}));
    return result.status.code == 1 && result.errors.find("has not caught up") != std::string::npos;
  }));
  cluster_->controller(4).Signal(SIGCONT);
  EXPECT_TRUE(WaitFor([&] {
    return testing::Run(Command({"add", "4", "--dry-run"})).status.code == 0;
  }));
  ExpectVoters({1, 2, 3});
}

TEST_F(MembershipTest, TheOnlyVoterStays) {
  StartCluster(1, 0);
  EXPECT_THAT(Refused({"remove", "1"}), HasSubstr("is the only voter: add another one first"));
  EXPECT_THAT(Refused({"transfer"}), HasSubstr("no other voter is in session"));
}

}  // namespace
}  // namespace quorate::testing
