// Brokers with very many replicas are killed and started together with all controllers. They must
// come back without being fenced because of the work that this causes, and log little about it.
//
// QUORATE_MASS_PARTITIONS sets the number of partitions (default 50,000; the target is 1,000,000).
// The test prints its figures, and asserts only what does not depend on the speed of the machine.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "tests/harness/cluster.h"

namespace quorate::testing {
namespace {

using std::chrono::steady_clock;

constexpr int kBrokers = 3;
constexpr int kControllers = 3;
constexpr int kPartitionsPerTopic = 5'000;
// This much work takes long on a busy machine.
constexpr std::chrono::minutes kMassPatience{15};
// Longer than a broker session, so a broker that would be fenced for silence is fenced within this
// time.
constexpr std::chrono::seconds kWatchFor{12};

int PartitionsWanted() {
  const char* text = std::getenv("QUORATE_MASS_PARTITIONS");
  int partitions = 50'000;
  if (text != nullptr) CHECK(absl::SimpleAtoi(text, &partitions)) << text;
  return partitions;
}

int64_t RssKilobytes(pid_t pid) {
  std::ifstream status(absl::StrFormat("/proc/%d/status", pid));
  std::string word;
  int64_t kilobytes = 0;
  while (status >> word) {
    if (word == "VmRSS:") status >> kilobytes;
  }
  return kilobytes;
}

class MassRestartTest : public ::testing::Test {
 protected:
  MassRestartTest() : cluster_({.controllers = kControllers, .brokers = kBrokers}) {}

  void CreatePartitions(int wanted) {
    client::AdminClient client = cluster_.Client();
    for (int made = 0; made < wanted; made += kPartitionsPerTopic) {
      const int partitions = std::min(kPartitionsPerTopic, wanted - made);
      CreateTopic(client, absl::StrFormat("topic-%d", made), partitions, kBrokers);
    }
  }

  // Returns whether every broker is unfenced, has replayed the log and leads its partitions, and
  // every partition has a leader and a full ISR.
  bool IsWhole(int partitions) {
    const auto result = cluster_.Client().DescribeCluster({});
    const auto* seen = std::get_if<admin::v1::DescribeClusterResponse>(&result);
    if (seen == nullptr || !seen->from_active_controller()) return false;
    int64_t led = 0;
    for (const admin::v1::Broker& broker : seen->brokers()) {
      if (broker.fenced() || broker.metadata_end_offset() < seen->end_offset()) return false;
      if (broker.reported_leader_count() != broker.leader_count()) return false;
      led += broker.leader_count();
    }
    return seen->brokers_size() == kBrokers && led == partitions &&
           seen->offline_partition_count() == 0 && seen->under_replicated_partition_count() == 0;
  }
  bool AwaitWhole(int partitions) {
    return WaitFor([&] { return IsWhole(partitions); }, kMassPatience);
  }

  // Returns what the process has logged since the previous call.
  std::string NewLog(Process& process) {
    const std::string log = process.Log();
    size_t& seen = seen_[process.log_path()];
    std::string added = log.substr(seen);
    seen = log.size();
    return added;
  }

  // Prints the lines of `log` that contain `what`.
  static void PrintLines(const std::string& log, const std::string& what) {
    const std::vector<std::string> lines = absl::StrSplit(log, '\n');
    for (const std::string& line : lines) {
      if (line.find(what) != std::string::npos) std::cout << line << '\n';
    }
  }

  Cluster cluster_;
  std::map<std::string, size_t> seen_;
};

TEST_F(MassRestartTest, EverythingIsKilledAndComesBackWithoutASecondFencing) {
  const int partitions = PartitionsWanted();
  cluster_.Start();
  CreatePartitions(partitions);
  ASSERT_TRUE(AwaitWhole(partitions));

  for (int b = 1; b <= kBrokers; ++b) {
    NewLog(cluster_.broker(b));
    cluster_.broker(b).Kill();
  }
  std::cout << "while the topics were created:\n";
  for (int c = 1; c <= kControllers; ++c) {
    PrintLines(NewLog(cluster_.controller(c)), "stood still");
    cluster_.controller(c).Kill();
  }
  const auto began = steady_clock::now();
  for (int c = 1; c <= kControllers; ++c) cluster_.StartController(c);
  for (int b = 1; b <= kBrokers; ++b) cluster_.StartBroker(b);
  ASSERT_TRUE(AwaitWhole(partitions));
  const std::chrono::duration<double> took = steady_clock::now() - began;
  std::this_thread::sleep_for(kWatchFor);
  // Meanwhile leaders return to their preferred replicas, which brokers report a moment later.
  EXPECT_TRUE(AwaitWhole(partitions));

  std::cout << absl::StrFormat(
      "%d partitions, %d replicas on each of %d brokers: whole after %.1f s\n", partitions,
      partitions, kBrokers, took.count());
  std::string controller_logs;
  for (int c = 1; c <= kControllers; ++c) {
    const std::string log = NewLog(cluster_.controller(c));
    controller_logs += log;
    std::cout << absl::StrFormat("controller %d: %d MB resident, %d KB of log\n", c,
                                 RssKilobytes(cluster_.controller(c).pid()) / 1024,
                                 log.size() / 1024);
  }
  for (int b = 1; b <= kBrokers; ++b) {
    const std::string log = NewLog(cluster_.broker(b));
    std::cout << absl::StrFormat("broker %d: %d MB resident, %d KB of log\n", b,
                                 RssKilobytes(cluster_.broker(b).pid()) / 1024, log.size() / 1024);
    EXPECT_LE(log.size(), size_t{1} << 20);
    EXPECT_EQ(CountOf(log, "RUNNING -> FENCED") + CountOf(log, "registers again"), 0) << log;
    // At most once: for the incarnation that was killed.
    EXPECT_LE(CountOf(controller_logs, absl::StrFormat("broker %d is taken for dead", b)), 1);
  }
  PrintLines(controller_logs, "stood still");
  for (int b = 1; b <= kBrokers; ++b) {
    cluster_.broker(b).Signal(SIGTERM);
    cluster_.broker(b).Wait(kPatience);
    PrintLines(NewLog(cluster_.broker(b)), "longest task");
  }
  for (int c = 1; c <= kControllers; ++c) {
    cluster_.controller(c).Signal(SIGTERM);
    cluster_.controller(c).Wait(kPatience);
    PrintLines(NewLog(cluster_.controller(c)), "longest task");
  }
}

}  // namespace
}  // namespace quorate::testing
