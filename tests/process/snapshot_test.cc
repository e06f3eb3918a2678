// Controllers write snapshots while they work, and start from them when they restart.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/harness/cluster.h"
#include "tests/process/topic_stream.h"

namespace quorate::testing {
namespace {

namespace fs = std::filesystem;

// Returns the names of a controller's complete snapshots.
std::set<std::string> SnapshotsOf(const Cluster& cluster, int node) {
  std::set<std::string> names;
  std::error_code missing;
  for (const auto& entry :
       fs::directory_iterator(cluster.ControllerDirectory(node) + "/snapshots", missing)) {
    if (entry.path().extension() == ".snapshot") names.insert(entry.path().filename());
  }
  return names;
}

RunResult Inspect(const std::string& path) {
  return Run({QuoratectlProgram(), "snapshot", "inspect", path, "--output", "json"});
}

// Expects that quoratectl finds every snapshot in the data directory complete, and that newer
// snapshots have higher end offsets.
void ExpectSoundSnapshots(const Cluster& cluster, int node) {
  const RunResult result = Inspect(cluster.ControllerDirectory(node));
  ASSERT_EQ(result.status.code, 0) << result.errors;
  const nlohmann::json inspected = nlohmann::json::parse(result.output);
  int64_t end_offset = 0;
  for (const auto& snapshot : inspected["snapshots"]) {
    EXPECT_GT(snapshot["end_offset"], end_offset);
    end_offset = snapshot["end_offset"];
    EXPECT_EQ(snapshot["voters"].size(), 3u);
    EXPECT_EQ(snapshot["brokers"], 1);
    EXPECT_EQ(snapshot["topics"], snapshot["partitions"]);
  }
  EXPECT_GT(end_offset, 0);
}

TEST(SnapshotTest, EveryControllerWritesThemKeepsThreeAndBeginsWithTheNewest) {
  Cluster cluster(
      {.controllers = 3, .brokers = 1, .controller_flags = {"--snapshot-min-log-bytes=3000"}});
  cluster.Start();
  TopicStream stream(cluster, "topic");
  std::map<int, std::set<std::string>> seen;
  EXPECT_TRUE(WaitFor([&] {
    bool all = true;
    for (const int node : {1, 2, 3}) {
      seen[node].merge(SnapshotsOf(cluster, node));
      all &= seen[node].size() >= 4;
    }
    return all;
  }));
  for (const int node : {1, 2, 3}) cluster.controller(node).Kill();
  for (const int node : {1, 2, 3}) {
    EXPECT_THAT(SnapshotsOf(cluster, node).size(), ::testing::AnyOf(3, 4))
        << "killed perhaps before it removed the oldest";
    ExpectSoundSnapshots(cluster, node);
    cluster.StartController(node);
  }
  cluster.AwaitReady();
  stream.AwaitMore(3);
  stream.Stop();
  client::AdminClient client = cluster.Client();
  ExpectExactlyAcknowledged(client, stream);

  // A broker that starts without data receives everything, too.
  cluster.broker(1).Kill();
  fs::remove_all(cluster.BrokerDirectory(1));
  cluster.StartBroker(1);
  cluster.AwaitUnfencedBrokers(1);
}

TEST(SnapshotTest, InspectRefusesADamagedFileAndADirectoryThatHasNone) {
  Cluster cluster(
      {.controllers = 1, .brokers = 1, .controller_flags = {"--snapshot-min-log-bytes=3000"}});
  cluster.Start();
  TopicStream stream(cluster, "topic");
  EXPECT_TRUE(WaitFor([&] { return !SnapshotsOf(cluster, 1).empty(); }));
  stream.Stop();
  cluster.controller(1).Kill();
  const fs::path file =
      fs::path(cluster.ControllerDirectory(1)) / "snapshots" / *SnapshotsOf(cluster, 1).begin();
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekg(static_cast<std::streamoff>(fs::file_size(file) / 2));
  const int byte = bytes.peek();
  bytes.seekp(bytes.tellg());
  bytes.put(static_cast<char>(byte ^ 1));
  bytes.close();

  const RunResult damaged = Inspect(file.string());
  EXPECT_EQ(damaged.status.code, 1);
  EXPECT_THAT(damaged.errors, ::testing::HasSubstr(file.filename().string()));
  const RunResult nothing = Inspect("/");
  EXPECT_EQ(nothing.status.code, 1);
  EXPECT_THAT(nothing.errors, ::testing::HasSubstr("has no snapshot; name a file"));
}

}  // namespace
}  // namespace quorate::testing
