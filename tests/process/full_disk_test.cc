// Controllers on disks that are, or become, full.
#include <gmock/gmock.h>
#include <unistd.h>

#include "tests/process/small_disk.h"
#include "tests/process/topic_stream.h"

namespace quorate::testing {
namespace {

using ::testing::HasSubstr;

constexpr int kDiskMebibytes = 48;

class FullDiskTest : public ::testing::Test {
 protected:
  // Starts all controllers. Controller 1 uses the small disk. Election timeouts decide whether it
  // becomes leader first or one of the others does.
  void Start(bool led_by_1) {
    for (const int node : {1, 2, 3}) {
      if ((node == 1) == led_by_1) {
        cluster_.StartController(
            node, {"--election-timeout-min-ms=200", "--election-timeout-max-ms=250"});
      } else {
        cluster_.StartController(
            node, {"--election-timeout-min-ms=5000", "--election-timeout-max-ms=6000"});
      }
    }
    cluster_.AwaitReady();
  }

  Cluster cluster_{{.controllers = 3, .brokers = 1}};
  SmallDisk disk_{cluster_.ControllerDirectory(1), kDiskMebibytes};
};

TEST_F(FullDiskTest, OfTheActiveControllerMakesAnotherOneActiveBeforeItIsFull) {
  Start(/*led_by_1=*/true);
  ASSERT_TRUE(WaitFor([&] { return cluster_.AwaitActive() != 1; }));
  EXPECT_THAT(cluster_.controller(1).Log(), HasSubstr("controller 1 leads"));
  EXPECT_THAT(cluster_.controller(1).Log(), HasSubstr("refusing writes until there is more space"));

  cluster_.StartBroker(1);
  cluster_.AwaitUnfencedBrokers(1);
  client::AdminClient client = cluster_.Client();
  CreateTopic(client, "accepted", 1, 1);
}

TEST_F(FullDiskTest, OfAFollowerEndsItWithAClearMessageAndTheOthersGoOn) {
  Start(/*led_by_1=*/false);
  ASSERT_NE(cluster_.AwaitActive(), 1);
  cluster_.StartBroker(1);
  cluster_.AwaitUnfencedBrokers(1);
  TopicStream stream(cluster_, "stream");
  stream.AwaitMore(5);
  disk_.Fill();
  const auto status = cluster_.controller(1).Wait(kPatience);
  ASSERT_TRUE(status) << "controller 1 goes on with a full disk";
  EXPECT_EQ(status->code, 1) << status->ToString();
  EXPECT_THAT(cluster_.controller(1).Log(), HasSubstr("No space left on device"));
  stream.AwaitMore(10);

  disk_.MakeRoom();
  cluster_.StartController(1);
  cluster_.AwaitReady();
  stream.AwaitMore(5);
  stream.Stop();
  for (const int node : {1, 2, 3}) {
    SCOPED_TRACE(node);
    client::AdminClient client = cluster_.Client({node});
    ExpectExactlyAcknowledged(client, stream);
  }
}

// No disk has as much free space as this controller requires.
TEST(SmallVolumeTest, TheOnlyControllerIsNotReadyAndSaysWhy) {
  Cluster cluster({.controllers = 1});
  cluster.StartController(1, {"--min-free-disk-bytes=1099511627776"});
  ASSERT_EQ(cluster.AwaitActive(), 1);

  const RunResult ready = testing::Run({QuoratectlProgram(), "health", "check", "quorate.ready",
                                        "--bootstrap", cluster.Bootstrap()});
  EXPECT_EQ(ready.status.code, 1) << ready.output;
  EXPECT_THAT(ready.output, HasSubstr("not serving"));
  EXPECT_THAT(cluster.controller(1).Log(), HasSubstr("1099511627776 are needed"));

  const RunResult status =
      testing::Run({QuoratectlProgram(), "status", "--bootstrap", cluster.Bootstrap()});
  EXPECT_EQ(status.status.code, 0) << status.errors;
  EXPECT_THAT(status.output, HasSubstr("NEARLY FULL at controller 1"));
  EXPECT_THAT(status.output, HasSubstr("below 1048576 MiB (--min-free-disk-bytes)"));
}

}  // namespace
}  // namespace quorate::testing
