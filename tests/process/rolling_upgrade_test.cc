// A cluster of older programs becomes one of the current programs while it is written to. The older
// programs support the metadata version before the latest one (older_programs/).
#include <gmock/gmock.h>

#include <csignal>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/harness/cluster.h"
#include "tests/process/topic_stream.h"

namespace quorate::testing {
namespace {

using ::testing::HasSubstr;

constexpr int kBrokers = 3;
constexpr int kOlder = 2;
constexpr int kLatest = 3;

class RollingUpgradeTest : public ::testing::Test {
 protected:
  void StartWith(std::string programs) {
    cluster_.RunProgramsOf(std::move(programs));
    cluster_.Start();
  }

  RunResult Features(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {QuoratectlProgram(), "features"});
    arguments.push_back("--bootstrap=" + cluster_.Bootstrap());
    return testing::Run(arguments);
  }
  void ExpectMetadataVersion(int version) {
    EXPECT_THAT(Features({"describe", "--output", "json"}).output,
                HasSubstr("\"finalized_level\": " + std::to_string(version)));
  }
  RunResult Raise() { return Features({"upgrade", "--metadata-version", std::to_string(kLatest)}); }
  // Waits until the upgrade is refused because of this program, which takes until the active
  // controller knows what the others support.
  void ExpectRefusedBecauseOf(const std::string& reason) {
    RunResult last;
    EXPECT_TRUE(WaitFor([&] {
      last = Raise();
      return last.errors.find(reason) != std::string::npos;
    })) << last.output
        << last.errors;
    EXPECT_EQ(last.status.code, 1);
    ExpectMetadataVersion(kOlder);
  }
  static std::string TooOld(const std::string& program) {
    return absl::StrFormat("%s supports metadata version %d at most: start the new program there",
                           program, kOlder);
  }

  // Replaces the program of one process in good order.
  void Replace(Process& process, const std::function<void()>& start) {
    process.Signal(SIGTERM);
    const auto status = process.Wait(kPatience);
    ASSERT_TRUE(status) << process.log_path() << ": the process does not stop";
    EXPECT_EQ(status->code, 0) << status->ToString();
    start();
  }
  void ReplaceController(int node) {
    Replace(cluster_.controller(node), [&] { cluster_.StartController(node); });
    cluster_.AwaitReady();
  }
  void ReplaceBroker(int broker) {
    Replace(cluster_.broker(broker), [&] { cluster_.StartBroker(broker); });
    cluster_.AwaitUnfencedBrokers(kBrokers);
  }

  Cluster cluster_{{.controllers = 3, .brokers = kBrokers}};
};

TEST_F(RollingUpgradeTest, EveryProgramIsReplacedUnderWritesAndThenTheVersionIsRaised) {
  StartWith(OlderPrograms());
  ExpectMetadataVersion(kOlder);
  TopicStream stream(cluster_, "stream");
  stream.AwaitMore(5);

  cluster_.RunProgramsOf(CurrentPrograms());
  // The active controller is the last one, so that leadership moves once.
  const int active = cluster_.AwaitActive();
  std::vector<int> order = cluster_.Others(active);
  order.push_back(active);
  for (const int node : order) {
    ExpectRefusedBecauseOf(absl::StrFormat("supports metadata version %d at most", kOlder));
    ReplaceController(node);
    stream.AwaitMore(5);
  }
  for (int broker = 1; broker <= kBrokers; ++broker) {
    ExpectRefusedBecauseOf(TooOld(absl::StrFormat("broker %d", broker)));
    ReplaceBroker(broker);
    stream.AwaitMore(5);
  }

  RunResult raised;
  EXPECT_TRUE(WaitFor([&] { return (raised = Raise()).status.code == 0; })) << raised.errors;
  EXPECT_EQ(raised.output,
            absl::StrFormat("Raised metadata.version from %d to %d.\n", kOlder, kLatest));
  stream.AwaitMore(5);
  cluster_.controller(cluster_.AwaitActive()).Kill();
  stream.AwaitMore(5);
  ExpectMetadataVersion(kLatest);
  stream.Stop();
  client::AdminClient client = cluster_.Client();
  ExpectExactlyAcknowledged(client, stream);
}

TEST_F(RollingUpgradeTest, OneVoterThatIsTooOldPreventsTheRaiseAndGoesOn) {
  StartWith(OlderPrograms());
  cluster_.RunProgramsOf(CurrentPrograms());
  for (int broker = 1; broker <= kBrokers; ++broker) ReplaceBroker(broker);
  const int older = cluster_.Others(cluster_.AwaitActive()).front();
  for (const int node : cluster_.Others(older)) ReplaceController(node);
  // An active controller that is too old refuses for itself.
  client::AdminClient client = cluster_.Client();
  admin::v1::TransferLeadershipRequest transfer;
  transfer.set_target_node_id(cluster_.Others(older).front());
  Must(client.TransferLeadership(transfer));

  ExpectRefusedBecauseOf(TooOld(absl::StrFormat("controller %d", older)));
  TopicStream stream(cluster_, "stream");
  stream.AwaitMore(5);
  EXPECT_TRUE(cluster_.controller(older).Running());
  cluster_.controller(older).Kill();
  ExpectRefusedBecauseOf(absl::StrFormat("controller %d is a voter and not in session", older));
  cluster_.StartController(older);
  cluster_.AwaitReady();
  RunResult raised;
  EXPECT_TRUE(WaitFor([&] { return (raised = Raise()).status.code == 0; })) << raised.errors;
  stream.AwaitMore(5);
  stream.Stop();
  ExpectExactlyAcknowledged(client, stream);
}

TEST_F(RollingUpgradeTest, AnOlderProgramDoesNotStartOnANewerLog) {
  StartWith(CurrentPrograms());
  ExpectMetadataVersion(kLatest);
  cluster_.RunProgramsOf(OlderPrograms());
  const int node = cluster_.Others(cluster_.AwaitActive()).front();
  cluster_.controller(node).Kill();
  cluster_.StartController(node);
  cluster_.broker(1).Kill();
  cluster_.StartBroker(1);
  for (Process* process : {&cluster_.controller(node), &cluster_.broker(1)}) {
    const auto status = process->Wait(2 * kPatience);
    ASSERT_TRUE(status) << process->log_path() << ": the older program goes on";
    EXPECT_NE(status->code, 0);
    EXPECT_THAT(process->Log(), HasSubstr(absl::StrFormat("version %d", kLatest)));
  }
  client::AdminClient client = cluster_.Client();
  CreateTopic(client, "unharmed", 1, 1);
}

}  // namespace
}  // namespace quorate::testing
