// Tests `quoratectl snapshot save` and `restore`: a cluster that lost all of its controllers is
// restored from a backup.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_format.h"
#include "tests/harness/cluster.h"
#include "tests/process/topic_stream.h"

namespace quorate::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsSubsetOf;
using ::testing::IsSupersetOf;
using Json = nlohmann::json;

RunResult Quoratectl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), QuoratectlProgram());
  return Run(arguments);
}

RunResult Snapshot(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "snapshot");
  return Quoratectl(std::move(arguments));
}

// Returns the command that creates the data directories of all controllers of the cluster.
std::vector<std::string> RestoreCommand(const Cluster& cluster, const std::string& file) {
  std::vector<std::string> command = {"restore", file, "--cluster-id", cluster.cluster_id()};
  for (int node = 1; node <= cluster.options().controllers; ++node) {
    command.push_back(absl::StrFormat("--data-dir=%d=%s", node, cluster.ControllerDirectory(node)));
  }
  return command;
}

std::vector<std::string> Names(const std::map<std::string, std::string>& ids) {
  std::vector<std::string> names;
  for (const auto& [name, id] : ids) names.push_back(name);
  return names;
}

// The parameter is --snapshot-min-log-bytes. With 3000, controllers write snapshots, and the backup
// starts from one. With 1000000000, they write none.
class BackupTest : public ::testing::TestWithParam<const char*> {};

// The restored image may call the broker unfenced before the broker is back. The broker then finds
// that it knows more than the log, discards what it knows, and is fenced until it has caught up.
void CreateTopicOnceABrokerIsBack(client::AdminClient& client, const std::string& name) {
  ASSERT_TRUE(WaitFor([&] {
    return !Must(client.CreateTopics(NewTopicRequest(name, 1, 1))).results(0).has_error();
  })) << name;
}

INSTANTIATE_TEST_SUITE_P(LogBytes, BackupTest, ::testing::Values("3000", "1000000000"));

TEST_P(BackupTest, ALostClusterComesBack) {
  Cluster cluster({.controllers = 3,
                   .brokers = 1,
                   .controller_flags = {std::string("--snapshot-min-log-bytes=") + GetParam()}});
  cluster.Start();
  // The backup is made while writes continue, through one controller that is not the leader.
  client::AdminClient client = cluster.Client();
  std::vector<std::string> before;
  for (int i = 0; i < 20; ++i) {
    before.push_back("before-" + std::to_string(i));
    CreateTopic(client, before.back(), 3, 1);
  }
  TopicStream stream(cluster, "stream");
  stream.AwaitMore(20);
  const int follower = cluster.Others(cluster.AwaitActive()).front();
  const std::string file = cluster.directory() + "/backup";
  const RunResult saved = Snapshot(
      {"save", file, "--output", "json", "--bootstrap", cluster.ControllerEndpoint(follower)});
  ASSERT_EQ(saved.status.code, 0) << saved.errors;
  const Json summary = Json::parse(saved.output)["snapshots"][0];
  EXPECT_GE(summary["topics"], 40);
  stream.AwaitMore(5);
  stream.Stop();

  for (const int node : {1, 2, 3}) {
    cluster.controller(node).Kill();
    fs::remove_all(cluster.ControllerDirectory(node));
  }
  const RunResult restored = Snapshot(RestoreCommand(cluster, file));
  ASSERT_EQ(restored.status.code, 0) << restored.errors;
  EXPECT_THAT(restored.output, HasSubstr("controller 2: " + cluster.ControllerDirectory(2)));
  for (const int node : {1, 2, 3}) cluster.StartController(node);
  cluster.AwaitReady();
  // The broker ran all the time and may know more than the backup contains. It is still accepted as
  // a broker of this cluster.
  cluster.AwaitUnfencedBrokers(1);
  for (const int node : {1, 2, 3}) {
    client::AdminClient one = cluster.Client({node});
    std::vector<std::string> names = TopicNames(one);
    EXPECT_EQ(std::ssize(names), summary["topics"]);
    EXPECT_THAT(names, IsSupersetOf(before));
    std::erase_if(names, [](const std::string& name) { return name.starts_with("before-"); });
    EXPECT_THAT(names, IsSubsetOf(Names(stream.acknowledged())));
  }
  CreateTopicOnceABrokerIsBack(client, "after");
  cluster.AwaitReady();

  // The restored cluster survives a failover, and its log permanently records where it came from.
  cluster.controller(cluster.AwaitActive()).Kill();
  CreateTopicOnceABrokerIsBack(client, "after-failover");
  for (const int node : {1, 2, 3}) cluster.controller(node).Kill();
  const RunResult dump =
      Quoratectl({"log", "dump", "--data-dir", cluster.ControllerDirectory(follower)});
  EXPECT_THAT(dump.output, HasSubstr(absl::StrFormat(
                               "snapshot restore: controllers 1,2,3 begin with the snapshot of "
                               "offset %d, epoch %d, from backup",
                               summary["end_offset"].get<int64_t>(), summary["epoch"].get<int>())));
}

class BackupRefusalTest : public ::testing::Test {
 protected:
  BackupRefusalTest() {
    cluster_.Start();
    const RunResult saved = Snapshot({"save", file_, "--bootstrap", cluster_.Bootstrap()});
    CHECK_EQ(saved.status.code.value_or(-1), 0) << saved.errors;
    CHECK_EQ(Snapshot({"inspect", file_}).status.code.value_or(-1), 0);
  }

  Cluster cluster_{{.controllers = 1}};
  const std::string file_ = cluster_.directory() + "/backup";
};

TEST_F(BackupRefusalTest, SaveReplacesNothingAndNeedsAQuorum) {
  const RunResult again = Snapshot({"save", file_, "--bootstrap", cluster_.Bootstrap()});
  EXPECT_EQ(again.status.code, 1);
  EXPECT_THAT(again.errors, HasSubstr("a backup never replaces a file"));
  const RunResult nowhere =
      Snapshot({"save", file_ + "-dir/x", "--bootstrap", cluster_.Bootstrap()});
  EXPECT_EQ(nowhere.status.code, 1);
  EXPECT_THAT(nowhere.errors, HasSubstr("there is no directory"));
  cluster_.controller(1).Kill();
  const RunResult alone =
      Snapshot({"save", file_ + "2", "--bootstrap", cluster_.Bootstrap(), "--timeout", "500ms"});
  EXPECT_EQ(alone.status.code, 3);
  EXPECT_FALSE(fs::exists(file_ + "2"));
}

TEST_F(BackupRefusalTest, RestoreRefusesWhatItCannotRelyOn) {
  const std::vector<std::string> command = RestoreCommand(cluster_, file_);
  const RunResult in_use = Snapshot(command);
  EXPECT_EQ(in_use.status.code, 1);
  EXPECT_THAT(in_use.errors, HasSubstr("is in use by another process"));
  cluster_.controller(1).Kill();
  const RunResult not_empty = Snapshot(command);
  EXPECT_EQ(not_empty.status.code, 1);
  EXPECT_THAT(not_empty.errors, AllOf(HasSubstr(cluster_.ControllerDirectory(1)),
                                      HasSubstr("into an empty directory")));

  std::fstream bytes(file_, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekg(static_cast<std::streamoff>(fs::file_size(file_) / 2));
  const int byte = bytes.peek();
  bytes.seekp(bytes.tellg());
  bytes.put(static_cast<char>(byte ^ 1));
  bytes.close();
  fs::remove_all(cluster_.ControllerDirectory(1));
  const RunResult damaged = Snapshot(command);
  EXPECT_EQ(damaged.status.code, 1);
  EXPECT_THAT(damaged.errors, AllOf(HasSubstr("snapshot backup"), HasSubstr("checksum")));
  EXPECT_FALSE(fs::exists(cluster_.ControllerDirectory(1)));
}

TEST_F(BackupRefusalTest, RestoreTellsWhatIsWrongWithTheCommandLine) {
  const auto refusal = [&](const std::string& id, const std::vector<std::string>& directories) {
    std::vector<std::string> command = {"restore", file_, "--cluster-id", id};
    for (const std::string& text : directories) command.push_back("--data-dir=" + text);
    const RunResult result = Snapshot(command);
    EXPECT_EQ(result.status.code, 2);
    return result.errors;
  };
  const std::string directory = cluster_.directory() + "/new";
  EXPECT_THAT(refusal("orders", {"1=" + directory}), HasSubstr("quoratectl cluster new-id"));
  EXPECT_THAT(refusal(cluster_.cluster_id(), {directory}), HasSubstr("is not ID=DIR"));
  EXPECT_THAT(refusal(cluster_.cluster_id(), {"1=" + directory, "1=" + directory + "2"}),
              HasSubstr("node 1 is named twice"));
  EXPECT_THAT(refusal(cluster_.cluster_id(), {"1=" + directory, "2=" + directory}),
              HasSubstr("is named twice"));
  EXPECT_FALSE(fs::exists(directory));
}

}  // namespace
}  // namespace quorate::testing
