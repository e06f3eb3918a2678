// Data directories that belong to another node, or no longer to this cluster. A controller that
// started on one could contradict its earlier acknowledgements and votes.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "base/random.h"
#include "base/uuid.h"
#include "tests/harness/cluster.h"
#include "tests/harness/loopback_socket.h"
#include "tests/process/refusal.h"

namespace quorate::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string NewClusterId() {
  Rng rng(Rng::SystemSeed());
  return Uuid::Random(rng).ToString();
}

// Expects that `command` refuses to start with these texts and leaves `directory` unchanged.
void ExpectRefused(const std::vector<std::string>& command, const std::string& directory,
                   const std::string& thing, const std::string& remedy) {
  const auto before = ContentsOf(directory);
  EXPECT_THAT(Refusal(command, kFailed),
              AllOf(HasSubstr(directory), HasSubstr(thing), HasSubstr(remedy)));
  EXPECT_EQ(ContentsOf(directory), before);
}

TEST(DataDirectoryTest, SomebodyElsesIsRefusedAndLeftAlone) {
  Cluster cluster({.controllers = 1, .brokers = 1});
  cluster.Start();
  cluster.broker(1).Kill();
  cluster.controller(1).Kill();
  const std::string other = NewClusterId();
  const auto controller = cluster.ControllerCommand(1);
  const auto broker = cluster.BrokerCommand(1);

  ExpectRefused(With(controller, "--cluster-id=" + other), cluster.ControllerDirectory(1),
                "belongs to controller 1 of cluster " + cluster.cluster_id() +
                    ", but this node is configured as controller 1 of cluster " + other,
                "correct the configuration, or give this node its own data directory");
  ExpectRefused(With(With(controller, "--node-id=2"), "--voters=2@127.0.0.1:1"),
                cluster.ControllerDirectory(1), "is configured as controller 2", "correct the");
  ExpectRefused(With(broker, "--cluster-id=" + other), cluster.BrokerDirectory(1),
                "belongs to broker 1 of cluster " + cluster.cluster_id(), "correct the");
  ExpectRefused(With(broker, "--broker-id=2"), cluster.BrokerDirectory(1),
                "is configured as broker 2", "correct the");
  ExpectRefused(With(broker, "--data-dir=" + cluster.ControllerDirectory(1)),
                cluster.ControllerDirectory(1), "belongs to controller 1", "correct the");

  cluster.StartController(1);
  cluster.AwaitReady();
  cluster.StartBroker(1);
  cluster.AwaitUnfencedBrokers(1);
}

TEST(DataDirectoryTest, OneThatHoldsSomethingElseIsRefusedAndLeftAlone) {
  const Cluster cluster({.brokers = 1});
  for (const auto& [directory, command] :
       {std::pair(cluster.ControllerDirectory(1), cluster.ControllerCommand(1)),
        std::pair(cluster.BrokerDirectory(1), cluster.BrokerCommand(1))}) {
    fs::create_directory(directory);
    std::ofstream(directory + "/notes.txt") << "mine";
    ExpectRefused(command, directory, "is not empty (it holds 'notes.txt')",
                  "give this node an empty directory");
  }
}

TEST(DataDirectoryTest, OneProcessUsesItAtATime) {
  Cluster cluster({.controllers = 1, .brokers = 1});
  cluster.Start();
  const auto second_controller =
      With(With(cluster.ControllerCommand(1), "--client-listen=127.0.0.1:0"),
           "--peer-listen=127.0.0.1:0");
  EXPECT_THAT(Refusal(second_controller, kFailed),
              AllOf(HasSubstr(cluster.ControllerDirectory(1) + " is in use by another process"),
                    HasSubstr("pid " + std::to_string(cluster.controller(1).pid())),
                    HasSubstr("stop that process first")));
  const auto second_broker = With(cluster.BrokerCommand(1), "--listen=127.0.0.1:0");
  EXPECT_THAT(Refusal(second_broker, kFailed),
              AllOf(HasSubstr(cluster.BrokerDirectory(1) + " is in use by another process"),
                    HasSubstr("pid " + std::to_string(cluster.broker(1).pid()))));
  // The running processes are not affected.
  client::AdminClient client = cluster.Client();
  CreateTopic(client, "orders", 1, 1);
}

TEST(DataDirectoryTest, AnEditedVoterListDoesNotChangeTheVoters) {
  Cluster cluster({.controllers = 1, .brokers = 1});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  CreateTopic(client, "orders", 1, 1);
  cluster.controller(1).Kill();
  const std::string identity = cluster.ControllerDirectory(1) + "/identity.properties";
  const std::string before = ContentsOf(cluster.ControllerDirectory(1)).at(identity);
  const auto edited =
      With(cluster.ControllerCommand(1), "--voters=1@127.0.0.1:1,2@127.0.0.1:2,3@127.0.0.1:3");
  EXPECT_THAT(Refusal(edited, kFailed),
              AllOf(HasSubstr("names the voters 1,2,3, but this cluster's are 1"),
                    HasSubstr("An edited configuration does not change the voters"),
                    HasSubstr("name 1 again")));
  EXPECT_EQ(ContentsOf(cluster.ControllerDirectory(1)).at(identity), before);

  cluster.StartController(1);
  cluster.AwaitReady();
  EXPECT_EQ(TopicNames(client), std::vector<std::string>{"orders"});
}

TEST(DataDirectoryTest, AnEmptiedOneDoesNotVoteAgain) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  CreateTopic(client, "before", 1, 1);
  const int emptied = cluster.AwaitActive();
  cluster.controller(emptied).Kill();
  fs::remove_all(cluster.ControllerDirectory(emptied));
  EXPECT_THAT(Refusal(cluster.ControllerCommand(emptied), kFailed),
              AllOf(HasSubstr("this data directory is new, or was emptied"),
                    HasSubstr("Start the controller with its former data directory")));
  CreateTopic(client, "after", 1, 1);
}

TEST(DataDirectoryTest, ACopyThatRunsBesideItsOriginalIsRefusedAndAllLogsSaySo) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  cluster.controller(3).Kill();
  const std::string copied = cluster.ControllerDirectory(3) + "-copy";
  fs::copy(cluster.ControllerDirectory(3), copied, fs::copy_options::recursive);
  cluster.StartController(3);
  cluster.AwaitReady();
  const LoopbackSocket client;
  const LoopbackSocket peer;
  const std::string copy_endpoint = "127.0.0.1:" + std::to_string(peer.port());
  std::vector<std::string> command = cluster.ControllerCommand(3);
  command = With(command, "--data-dir=" + copied);
  command = With(command, "--client-listen=127.0.0.1:" + std::to_string(client.port()));
  command = With(command, "--client-advertise=127.0.0.1:" + std::to_string(client.port()));
  command = With(command, "--peer-listen=" + copy_endpoint);
  command = With(command, "--peer-advertise=" + copy_endpoint);
  const Process copy(command, copied + ".log");
  const auto says_so = [&](const std::string& log) {
    return log.find("two processes run as node 3") != std::string::npos &&
           log.find("the second at " + copy_endpoint) != std::string::npos;
  };
  EXPECT_TRUE(WaitFor([&] { return says_so(copy.Log()); })) << copy.Log();
  for (const int node : {1, 2, 3}) {
    EXPECT_TRUE(WaitFor([&] { return says_so(cluster.controller(node).Log()); })) << node;
  }
  client::AdminClient admin = cluster.Client();
  CreateTopic(admin, "while-the-copy-runs", 1, 1);
  cluster.AwaitReady();
}

}  // namespace
}  // namespace quorate::testing
