// A voter change that takes longer than usual, because another change is pending or the active
// controller dies in the middle.
#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <string>

#include "tests/harness/loopback_socket.h"
#include "tests/process/membership.h"
#include "tests/process/refusal.h"

namespace quorate::testing {
namespace {

using VoterChangeTest = MembershipTest;

TEST_F(VoterChangeTest, ACommandOutlivesTheActiveController) {
  StartCluster(3, 1);
  TopicStream stream(*cluster_, "stream");
  // The command waits for controller 4, which does not run.
  Process add(Command({"add", "4", "--timeout", "60s"}), cluster_->directory() + "/add.log");
  ASSERT_TRUE(WaitFor([&] { return add.Log().find("--observer") != std::string::npos; }));
  cluster_->controller(cluster_->AwaitActive()).Kill();
  cluster_->StartController(4);
  const auto status = add.Wait(kPatience);
  ASSERT_TRUE(status) << add.Log();
  EXPECT_EQ(status->code, 0) << add.Log();
  ExpectVoters({1, 2, 3, 4});
  stream.AwaitMore(5);
  ExpectNothingLost(stream, {4});
}

TEST_F(VoterChangeTest, AChangeWaitsForTheOneThatIsUnderWay) {
  cluster_.emplace(ClusterOptions{.controllers = 3, .observers = 2});
  // The active controller has a long election timeout, because disks need seconds for each write in
  // this test.
  cluster_->StartController(1,
                            {"--election-timeout-min-ms=30000", "--election-timeout-max-ms=40000"});
  for (const int node : {2, 3}) cluster_->StartController(node);
  cluster_->AwaitReady();
  Quoratectl({"transfer", "--to", "1"});
  for (const int node : {4, 5}) StartObserver(node);
  for (const int node : {2, 3}) {
    cluster_->controller(node).Kill();
    cluster_->StartController(node, {"--failpoints=storage.before_write=delay:6000ms"});
    cluster_->AwaitReady({node});
  }
  Process first(Command({"add", "4"}), cluster_->directory() + "/first.log");
  const auto governs = [this](int node) {
    const auto seen = cluster_->QuorumSeenBy(1);
    return seen && Ids(seen->voters()).contains(node);
  };
  ASSERT_TRUE(WaitFor([&] { return governs(4); })) << first.Log();
  Process second(Command({"add", "5"}), cluster_->directory() + "/second.log");
  ASSERT_TRUE(WaitFor([&] {
    return second.Log().find("another change of the voters is under way") != std::string::npos;
  })) << second.Log();
  EXPECT_TRUE(first.Running()) << first.Log();
  EXPECT_FALSE(governs(5));
  for (Process* command : {&first, &second}) {
    const auto status = command->Wait(kPatience);
    ASSERT_TRUE(status) << command->Log();
    EXPECT_EQ(status->code, 0) << command->Log();
  }
  ExpectVoters({1, 2, 3, 4, 5});
}

// Makes controller `node` the active one. It dies when it receives its second request to change the
// voters.
void LeadUntilTheSecondChange(Cluster& cluster, int node) {
  cluster.controller(node).Kill();
  cluster.StartController(node, {"--failpoints=server.change_voters=abort@2"});
  cluster.AwaitReady();
  client::AdminClient client = cluster.Client();
  admin::v1::TransferLeadershipRequest transfer;
  transfer.set_target_node_id(node);
  testing::Must(client.TransferLeadership(transfer));
}

TEST_F(VoterChangeTest, AReplacementOutlivesTheActiveControllerBetweenItsSteps) {
  StartCluster(3, 1);
  TopicStream stream(*cluster_, "stream");
  StartObserver(4);
  LeadUntilTheSecondChange(*cluster_, 1);
  Quoratectl({"replace", "2", "--with", "4"});
  EXPECT_EQ(cluster_->controller(1).Wait(kPatience)->signal, SIGKILL);
  ExpectVoters({1, 3, 4});
  stream.AwaitMore(5);
  ExpectNothingLost(stream, {3, 4});
}

TEST_F(VoterChangeTest, TheNewClientPortOfAVoterIsKnownToAControllerThatNeverMetIt) {
  cluster_.emplace(ClusterOptions{.controllers = 3});
  cluster_->Start();
  const LoopbackSocket client;
  const std::string endpoint = "127.0.0.1:" + std::to_string(client.port());
  cluster_->controller(3).Kill();
  std::vector<std::string> command = cluster_->ControllerCommand(3);
  command = With(command, "--client-listen=" + endpoint);
  command = With(command, "--client-advertise=" + endpoint);
  Process moved(command, cluster_->ControllerDirectory(3) + "-moved.log");
  const auto is_recorded = [&](const std::string& log) {
    const size_t cause = log.find("voter 3 moved: client ");
    return cause != std::string::npos && log.find(" -> " + endpoint, cause) != std::string::npos;
  };
  ASSERT_TRUE(WaitFor([&] {
    return is_recorded(cluster_->controller(1).Log()) ||
           is_recorded(cluster_->controller(2).Log()) || is_recorded(moved.Log());
  }));
  moved.Kill();
  cluster_->controller(2).Kill();
  cluster_->StartController(2);
  cluster_->AwaitReady({1, 2});
  client::AdminClient restarted = cluster_->Client({2});
  admin::v1::DescribeClusterRequest request;
  request.set_allow_stale(true);
  const auto described = testing::Must(restarted.DescribeCluster(request));
  ASSERT_EQ(described.controllers_size(), 3);
  EXPECT_EQ(described.controllers(2).node_id(), 3);
  EXPECT_FALSE(described.controllers(2).in_session());
  EXPECT_EQ(described.controllers(2).client_endpoint(), endpoint);
}

class EmptiedDirectoryTest : public MembershipTest, public ::testing::WithParamInterface<bool> {};

INSTANTIATE_TEST_SUITE_P(Command, EmptiedDirectoryTest, ::testing::Bool(), [](const auto& test) {
  return std::string(test.param ? "IsRunAgain" : "GoesOn");
});

// One of three voters has lost its vote and the active controller dies, so nothing can be
// committed. When the active controller is back, the replacement is finished, either by the waiting
// command or by a new one.
TEST_P(EmptiedDirectoryTest, IsReplacedThoughTheActiveControllerDiesBetweenTheSteps) {
  StartCluster(3, 0);
  TopicStream stream(*cluster_, "stream");
  cluster_->controller(2).Kill();
  std::filesystem::remove_all(cluster_->ControllerDirectory(2));
  LeadUntilTheSecondChange(*cluster_, 1);
  cluster_->StartController(2, {"--observer"});
  Process replace(Command({"replace", "2", "--timeout", "60s"}),
                  cluster_->directory() + "/replace.log");
  ASSERT_TRUE(cluster_->controller(1).Wait(kPatience)) << replace.Log();
  EXPECT_TRUE(replace.Running()) << replace.Log();
  if (GetParam()) replace.Kill();
  cluster_->StartController(1);
  if (GetParam()) {
    Quoratectl({"replace", "2"});
  } else {
    const auto status = replace.Wait(kPatience);
    ASSERT_TRUE(status) << replace.Log();
    EXPECT_EQ(status->code, 0) << replace.Log();
  }
  ExpectVoters({1, 2, 3});
  cluster_->controller(3).Kill();
  stream.AwaitMore(5);
  ExpectNothingLost(stream, {1, 2});
}

}  // namespace
}  // namespace quorate::testing
