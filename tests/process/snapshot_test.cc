// Controllers that write snapshots while they work, and begin with them when they come back.
#include <gmock/gmock.h>

#include <filesystem>
#include <set>

#include "tests/harness/cluster.h"
#include "tests/process/topic_stream.h"

namespace quorate::testing {
namespace {

namespace fs = std::filesystem;

// The complete snapshots of a controller.
std::set<std::string> SnapshotsOf(const Cluster& cluster, int node) {
  std::set<std::string> names;
  std::error_code missing;
  for (const auto& entry :
       fs::directory_iterator(cluster.ControllerDirectory(node) + "/snapshots", missing)) {
    if (entry.path().extension() == ".snapshot") names.insert(entry.path().filename());
  }
  return names;
}

TEST(SnapshotTest, EveryControllerWritesThemKeepsTwoAndBeginsWithTheNewest) {
  Cluster cluster(
      {.controllers = 3, .brokers = 1, .controller_flags = {"--snapshot-min-log-bytes=3000"}});
  cluster.Start();
  TopicStream stream(cluster, "topic");
  std::map<int, std::set<std::string>> seen;
  EXPECT_TRUE(WaitFor([&] {
    bool all = true;
    for (const int node : {1, 2, 3}) {
      seen[node].merge(SnapshotsOf(cluster, node));
      all &= seen[node].size() >= 3;
    }
    return all;
  }));
  for (const int node : {1, 2, 3}) cluster.controller(node).Kill();
  for (const int node : {1, 2, 3}) {
    EXPECT_THAT(SnapshotsOf(cluster, node).size(), ::testing::AnyOf(2, 3))
        << "killed perhaps before it removed the oldest";
    cluster.StartController(node);
  }
  cluster.AwaitReady();
  stream.AwaitMore(3);
  stream.Stop();
  client::AdminClient client = cluster.Client();
  ExpectExactlyAcknowledged(client, stream);

  // A broker that begins from nothing gets all of it too.
  cluster.broker(1).Kill();
  fs::remove_all(cluster.BrokerDirectory(1));
  cluster.StartBroker(1);
  cluster.AwaitUnfencedBrokers(1);
}

}  // namespace
}  // namespace quorate::testing
