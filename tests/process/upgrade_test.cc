// The current programs run on data directories of earlier versions (testdata/README.md).
#include <gmock/gmock.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/harness/cluster.h"
#include "tests/process/topic_stream.h"

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
  // `observers` are new controllers; the test starts them.
  void UseDataOfVersion01(int observers) {
    cluster_.emplace(ClusterOptions{.controllers = 1,
                                    .observers = observers,
                                    .brokers = 1,
                                    .cluster_id = "SBnIHutqSnyaJ2LqRFqrcw"});
    const fs::path kept = "testdata/data_of_version_0_1";
    fs::copy(kept / "controller", cluster_->ControllerDirectory(1), fs::copy_options::recursive);
    fs::copy(kept / "broker", cluster_->BrokerDirectory(1), fs::copy_options::recursive);
  }

  void SetUp() override { UseDataOfVersion01(/*observers=*/0); }

  // Runs quoratectl, expects success, and returns what it prints.
  static std::string Quoratectl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), QuoratectlProgram());
    const RunResult result = testing::Run(arguments);
    EXPECT_EQ(result.status.code, 0) << result.errors;
    return result.output;
  }
  // As above, with the cluster's endpoints.
  std::string Ask(std::vector<std::string> arguments) {
    arguments.push_back("--bootstrap=" + cluster_->Bootstrap());
    return Quoratectl(std::move(arguments));
  }

  void ExpectMetadataVersion(int version) {
    EXPECT_THAT(Ask({"features", "describe", "--output", "json"}),
                HasSubstr("\"finalized_level\": " + std::to_string(version)));
  }

  // Waits until broker 1 runs. (In the log of version 0.1, broker 2 is unfenced, too.)
  void AwaitTheBroker() {
    client::AdminClient client = cluster_->Client();
    ASSERT_TRUE(WaitFor([&] {
      const auto cluster = Must(client.DescribeCluster({}));
      const auto& broker = cluster.brokers(0);
      return broker.broker_id() == 1 && !broker.fenced() && broker.last_contact_age_ms() >= 0;
    }));
  }

  // Repeats the upgrade until the brokers of version 0.1 that no longer run are fenced.
  void RaiseTheMetadataVersion() {
    RunResult last;
    EXPECT_TRUE(WaitFor([&] {
      last = testing::Run(
          {QuoratectlProgram(), "features", "upgrade", "--bootstrap=" + cluster_->Bootstrap()});
      return last.status.code == 0;
    })) << last.errors;
    EXPECT_EQ(last.output, "Raised metadata.version from 1 to 3.\n");
  }

  // Expects what the log of version 0.1 holds, as far as it does not change by itself.
  void ExpectOldData() {
    client::AdminClient client = cluster_->Client();
    const std::vector<std::string> names = TopicNames(client);
    EXPECT_THAT(names, IsSupersetOf({"orders", "payments", "late", "t-1", "t-20"}));
    EXPECT_THAT(names, Not(Contains("scratch")));
    // Leaders and ISRs are not compared: they change, because no earlier broker runs yet.
    const std::string orders = Ask({"topics", "describe", "orders"});
    EXPECT_THAT(orders, HasSubstr("TopicId: 61luT_DjTjmxvKUwRG73sg  PartitionCount: 6  "
                                  "ReplicationFactor: 3  Configs: "
                                  "cleanup.policy=compact,delete,retention.ms=86400000"));
    EXPECT_THAT(orders, HasSubstr("Replicas: 3,2,1"));
    // Stored values that this version would reject or write differently are shown as they are.
    EXPECT_THAT(Ask({"configs", "describe", "--topic", "payments"}), HasSubstr("+1"));
    // The request id is known, so nothing is executed and the first answer is returned.
    EXPECT_THAT(Ask({"topics", "create", "late", "--partitions", "1", "--replication-factor", "2",
                     "--request-id", "a6e4EJ2tEdGAtADAT9QwyA:7"}),
                HasSubstr("Created topic late, id Dg2La49YQ5Cu5w6zQPD6vg."));
  }

  std::optional<Cluster> cluster_;
};

TEST_F(UpgradeTest, TheLogOfVersion01IsWhole) {
  const std::string directory = "--data-dir=" + cluster_->ControllerDirectory(1);
  EXPECT_THAT(Quoratectl({"log", "verify", directory}),
              HasSubstr("The log is intact: 39 entries (index 1 to 39, end offset 194), epoch 2, "
                        "directory ddLZwi5ySNqVL3uc5Lzj_Q of controller 1."));
  const std::string dump = Quoratectl({"log", "dump", directory});
  EXPECT_THAT(dump, HasSubstr("Partitions of Dg2La49YQ5Cu5w6zQPD6vg 0: leader=1 replicas=1,2 "
                              "isr=1,2"));
  EXPECT_THAT(dump, HasSubstr("hash=c3bd4222025a913a [OK Dg2La49YQ5Cu5w6zQPD6vg]"));
  EXPECT_THAT(Quoratectl({"snapshot", "inspect", cluster_->ControllerDirectory(1)}),
              HasSubstr("59"));
}

TEST_F(UpgradeTest, AControllerGoesOnWithWhatVersion01Wrote) {
  cluster_->StartController(1);
  cluster_->AwaitReady();
  client::AdminClient client = cluster_->Client();
  EXPECT_THAT(TopicNames(client), SizeIs(23));
  ExpectOldData();

  cluster_->StartBroker(1);
  cluster_->AwaitUnfencedBrokers(1);
  CreateTopic(client, "after-the-upgrade", 2, 1);
  cluster_->controller(1).Kill();
  cluster_->StartController(1);
  cluster_->AwaitReady();
  EXPECT_THAT(TopicNames(client), Contains("after-the-upgrade"));
  ExpectMetadataVersion(1);
}

TEST_F(UpgradeTest, TheMetadataVersionIsRaised) {
  cluster_->StartController(1);
  cluster_->StartBroker(1);
  cluster_->AwaitReady();
  ExpectMetadataVersion(1);
  RaiseTheMetadataVersion();
  ExpectMetadataVersion(3);
  ExpectOldData();
  EXPECT_THAT(Ask({"features", "upgrade"}), HasSubstr("metadata.version is already 3."));

  cluster_->controller(1).Kill();
  cluster_->StartController(1);
  cluster_->AwaitReady();
  AwaitTheBroker();
  ExpectMetadataVersion(3);
  ExpectOldData();
  cluster_->controller(1).Kill();
  EXPECT_THAT(Quoratectl({"log", "verify", "--data-dir=" + cluster_->ControllerDirectory(1)}),
              HasSubstr("The log is intact"));
}

TEST_F(UpgradeTest, ThreeControllersRaiseTheMetadataVersionUnderWrites) {
  UseDataOfVersion01(/*observers=*/2);
  for (const int node : {1, 2, 3}) cluster_->StartController(node);
  cluster_->StartBroker(1);
  cluster_->AwaitReady();
  for (const char* node : {"2", "3"}) Ask({"quorum", "add", node});
  // The stream below is compared with all topics.
  client::AdminClient client = cluster_->Client();
  std::vector<std::string> old_topics = TopicNames(client);
  old_topics.insert(old_topics.begin(), {"topics", "delete"});
  Ask(old_topics);
  AwaitTheBroker();

  // A voter that does not run may be an older program.
  const int down = cluster_->AwaitActive() % 3 + 1;
  cluster_->controller(down).Kill();
  RunResult dry_run;
  EXPECT_TRUE(WaitFor([&] {
    dry_run = testing::Run({QuoratectlProgram(), "features", "upgrade", "--dry-run",
                            "--bootstrap=" + cluster_->Bootstrap()});
    return dry_run.errors.find(absl::StrFormat("controller %d is a voter and not in session",
                                               down)) != std::string::npos;
  })) << dry_run.output
      << dry_run.errors;
  EXPECT_EQ(dry_run.status.code, 1);
  cluster_->StartController(down);
  cluster_->AwaitReady();

  TopicStream stream(*cluster_, "stream");
  stream.AwaitMore(5);
  RaiseTheMetadataVersion();
  stream.AwaitMore(5);
  const int leader = cluster_->AwaitActive();
  cluster_->controller(leader).Kill();
  stream.AwaitMore(5);
  ExpectMetadataVersion(3);
  cluster_->StartController(leader);
  cluster_->AwaitReady();
  stream.Stop();
  for (const int node : {1, 2, 3}) {
    SCOPED_TRACE(node);
    client::AdminClient one = cluster_->Client({node});
    ExpectExactlyAcknowledged(one, stream);
    EXPECT_THAT(Quoratectl({"features", "describe", "--stale", "--output", "json",
                            "--bootstrap=" + cluster_->ControllerEndpoint(node)}),
                HasSubstr("\"finalized_level\": 3"));
  }
}

}  // namespace
}  // namespace quorate::testing
