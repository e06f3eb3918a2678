// The current programs run on data directories of earlier versions (testdata/README.md).
#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/harness/cluster.h"

namespace quorate::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::SizeIs;

class UpgradeTest : public ::testing::Test {
 protected:
  UpgradeTest() {
    const fs::path kept = "testdata/data_of_version_0_1";
    fs::copy(kept / "controller", cluster_.ControllerDirectory(1), fs::copy_options::recursive);
    fs::copy(kept / "broker", cluster_.BrokerDirectory(1), fs::copy_options::recursive);
  }

  // Runs quoratectl, expects success, and returns what it prints.
  static std::string Quoratectl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), QuoratectlProgram());
    const RunResult result = testing::Run(arguments);
    EXPECT_EQ(result.status.code, 0) << result.errors;
    return result.output;
  }

  Cluster cluster_{{.controllers = 1, .brokers = 1, .cluster_id = "SBnIHutqSnyaJ2LqRFqrcw"}};
};

TEST_F(UpgradeTest, TheLogOfVersion01IsWhole) {
  const std::string directory = "--data-dir=" + cluster_.ControllerDirectory(1);
  EXPECT_THAT(Quoratectl({"log", "verify", directory}),
              HasSubstr("The log is intact: 39 entries (index 1 to 39, end offset 194), epoch 2, "
                        "directory ddLZwi5ySNqVL3uc5Lzj_Q of controller 1."));
  const std::string dump = Quoratectl({"log", "dump", directory});
  EXPECT_THAT(dump, HasSubstr("Partitions of Dg2La49YQ5Cu5w6zQPD6vg 0: leader=1 replicas=1,2 "
                              "isr=1,2"));
  EXPECT_THAT(dump, HasSubstr("hash=c3bd4222025a913a [OK Dg2La49YQ5Cu5w6zQPD6vg]"));
  EXPECT_THAT(Quoratectl({"snapshot", "inspect", cluster_.ControllerDirectory(1)}),
              HasSubstr("59"));
}

TEST_F(UpgradeTest, AControllerGoesOnWithWhatVersion01Wrote) {
  cluster_.StartController(1);
  cluster_.AwaitReady();
  client::AdminClient client = cluster_.Client();
  const std::vector<std::string> names = TopicNames(client);
  EXPECT_THAT(names, SizeIs(23));
  EXPECT_THAT(names, IsSupersetOf({"orders", "payments", "late", "t-1", "t-20"}));
  EXPECT_THAT(names, Not(Contains("scratch")));

  const std::string bootstrap = "--bootstrap=" + cluster_.Bootstrap();
  // Leaders and ISRs are not compared: they change, because no earlier broker runs yet.
  const std::string orders = Quoratectl({"topics", "describe", "orders", bootstrap});
  EXPECT_THAT(orders, HasSubstr("TopicId: 61luT_DjTjmxvKUwRG73sg  PartitionCount: 6  "
                                "ReplicationFactor: 3  Configs: "
                                "cleanup.policy=compact,delete,retention.ms=86400000"));
  EXPECT_THAT(orders, HasSubstr("Replicas: 3,2,1"));
  // Stored values that this version would reject or write differently are shown as they are.
  const std::string configs = Quoratectl({"configs", "describe", "--topic", "payments", bootstrap});
  EXPECT_THAT(configs, HasSubstr("+1"));

  // The request id is known, so nothing is executed and the first answer is returned.
  EXPECT_THAT(Quoratectl({"topics", "create", "late", "--partitions", "1", "--replication-factor",
                          "2", "--request-id", "a6e4EJ2tEdGAtADAT9QwyA:7", bootstrap}),
              HasSubstr("Created topic late, id Dg2La49YQ5Cu5w6zQPD6vg."));

  cluster_.StartBroker(1);
  cluster_.AwaitUnfencedBrokers(1);
  CreateTopic(client, "after-the-upgrade", 2, 1);
  cluster_.controller(1).Kill();
  cluster_.StartController(1);
  cluster_.AwaitReady();
  EXPECT_THAT(TopicNames(client), Contains("after-the-upgrade"));
}

}  // namespace
}  // namespace quorate::testing
