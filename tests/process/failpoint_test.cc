// Controllers fail at the worst moment: between deciding, writing and acknowledging. Acknowledged
// creations survive, and the other controllers continue.
#include <gmock/gmock.h>

#include <csignal>

#include "base/host_port.h"
#include "client/probes.h"
#include "tests/process/topic_stream.h"

namespace quorate::testing {
namespace {

using ::testing::HasSubstr;

// Longer than any test: a disk that never completes the write.
constexpr char kHang[] = "delay:3600000ms";

std::string Failpoint(const std::string& place, const std::string& action) {
  return "--failpoints=" + place + "=" + action;
}

// Starts a cluster in which controller 1 becomes leader first, because the others have much longer
// election timeouts. They still notice its death at once. `flag` is passed to controller 1.
void StartLedBy1(Cluster& cluster, const std::string& flag) {
  cluster.StartController(1,
                          {"--election-timeout-min-ms=200", "--election-timeout-max-ms=250", flag});
  for (const int node : cluster.Others(1)) {
    cluster.StartController(node,
                            {"--election-timeout-min-ms=5000", "--election-timeout-max-ms=6000"});
  }
  cluster.StartBroker(1);
  cluster.AwaitReady();
  cluster.AwaitUnfencedBrokers(1);
  ASSERT_EQ(cluster.AwaitActive(), 1);
}

void ExpectNothingLost(const Cluster& cluster, const TopicStream& stream) {
  for (const int node : {1, 2, 3}) {
    SCOPED_TRACE(node);
    client::AdminClient client = cluster.Client({node});
    ExpectExactlyAcknowledged(client, stream);
  }
}

class WritePlaceTest : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Places, WritePlaceTest,
                         ::testing::Values("storage.before_write", "storage.after_write"),
                         [](const auto& place) {
                           return std::string(place.param).substr(std::string("storage.").size());
                         });

TEST_P(WritePlaceTest, AnActiveControllerThatDiesThereLosesNothing) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  ASSERT_NO_FATAL_FAILURE(StartLedBy1(cluster, Failpoint(GetParam(), "abort@40")));
  TopicStream stream(cluster, "stream");
  const auto status = cluster.controller(1).Wait(kPatience);
  ASSERT_TRUE(status) << "controller 1 did not pass the place often enough";
  EXPECT_EQ(status->signal, SIGKILL) << status->ToString() << ": " << cluster.controller(1).Log();
  stream.AwaitMore(20);
  cluster.StartController(1);
  cluster.AwaitReady();
  stream.AwaitMore(5);
  stream.Stop();
  ExpectNothingLost(cluster, stream);
}

// All controllers have the failpoint and reach it at about the same write. The last one may not get
// that far, because the majority has died by then.
TEST_P(WritePlaceTest, ControllersThatAllDieThereLoseNothing) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  TopicStream stream(cluster, "stream");
  for (const std::string count : {"25", "8"}) {
    stream.AwaitMore(5);
    for (const int node : {1, 2, 3}) cluster.controller(node).Kill();
    for (const int node : {1, 2, 3}) {
      cluster.StartController(node, {Failpoint(GetParam(), "abort@" + count)});
    }
    ASSERT_TRUE(WaitFor([&] {
      int dead = 0;
      for (const int node : {1, 2, 3}) dead += cluster.controller(node).Running() ? 0 : 1;
      return dead >= 2;
    })) << "they did not pass the place often enough";
    for (const int node : {1, 2, 3}) {
      cluster.controller(node).Kill();
      cluster.StartController(node);
    }
    cluster.AwaitReady();
  }
  stream.AwaitMore(5);
  stream.Stop();
  ExpectNothingLost(cluster, stream);
}

TEST_P(WritePlaceTest, AnActiveControllerWhoseDiskFailsEndsWithAClearMessage) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  ASSERT_NO_FATAL_FAILURE(StartLedBy1(cluster, Failpoint(GetParam(), "error@40")));
  TopicStream stream(cluster, "stream");
  const auto status = cluster.controller(1).Wait(kPatience);
  ASSERT_TRUE(status) << "controller 1 goes on with a disk that fails";
  EXPECT_EQ(status->code, 1) << status->ToString();
  EXPECT_THAT(cluster.controller(1).Log(),
              HasSubstr("\nquorate-controller: the log cannot be written"));
  stream.AwaitMore(20);
  cluster.StartController(1);
  cluster.AwaitReady();
  stream.AwaitMore(5);
  stream.Stop();
  ExpectNothingLost(cluster, stream);
}

TEST(SlowDiskTest, OfAFollowerHoldsNobodyUp) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  const int slow = cluster.Others(cluster.AwaitActive()).front();
  cluster.controller(slow).Kill();
  cluster.StartController(slow, {Failpoint("storage.before_write", std::string(kHang) + "@5")});
  TopicStream stream(cluster, "stream");
  stream.AwaitMore(100);  // the disk of `slow` hangs from the fifth write on
  cluster.controller(slow).Kill();
  cluster.StartController(slow);
  cluster.AwaitReady();
  stream.Stop();
  ExpectNothingLost(cluster, stream);
}

TEST(SlowDiskTest, OfAFollowerThatIsNeededIsWaitedFor) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  const int active = cluster.AwaitActive();
  const int slow = cluster.Others(active).front();
  const int fast = cluster.Others(active).back();
  cluster.controller(slow).Kill();
  cluster.StartController(slow, {Failpoint("storage.before_write", "delay:50ms")});
  cluster.AwaitReady();
  TopicStream stream(cluster, "stream");
  stream.AwaitMore(10);
  cluster.controller(fast).Kill();
  stream.AwaitMore(20);
  cluster.controller(active).Kill();
  cluster.StartController(fast);
  stream.AwaitMore(5);  // the slow controller has every acknowledged entry
  cluster.StartController(active);
  cluster.AwaitReady();
  stream.Stop();
  ExpectNothingLost(cluster, stream);
}

TEST(SlowDiskTest, OfTheActiveControllerMakesItStepDownAndAtLastEnd) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  ASSERT_NO_FATAL_FAILURE(
      StartLedBy1(cluster, Failpoint("storage.before_write", std::string(kHang) + "@40")));
  TopicStream stream(cluster, "stream");
  ASSERT_TRUE(WaitFor([&] {
    const auto seen = cluster.QuorumSeenBy(2);
    return seen && seen->leader_id() > 1;
  })) << "a controller that cannot write leads on";
  stream.AwaitMore(20);
  const auto status = cluster.controller(1).Wait(kPatience);
  ASSERT_TRUE(status) << "it waits for its disk forever";
  EXPECT_EQ(status->code, 1) << status->ToString();
  EXPECT_THAT(cluster.controller(1).Log(),
              HasSubstr("\nquorate-controller: the disk has finished no write"));
  cluster.StartController(1);
  cluster.AwaitReady();
  stream.Stop();
  ExpectNothingLost(cluster, stream);
}

TEST(FailpointTest, ALoopThatStandsStillMakesAProcessNotAliveAndThenEndsIt) {
  Cluster cluster({.controllers = 1});
  cluster.StartController(1, {"--failpoints=server.before_reply=delay:60000ms"});
  cluster.AwaitReady();
  // The reply to this request blocks the loop that sends replies.
  client::AdminClient client = cluster.Client(
      {}, [](client::CallerOptions& options) { options.timeout = std::chrono::milliseconds(100); });
  (void)client.ListTopics({});
  const HostPort endpoint = ParseHostPort(cluster.ControllerEndpoint(1)).value();
  EXPECT_TRUE(WaitFor([&] {
    return client::HealthProbe(endpoint, "").Check(std::chrono::seconds(10)).state ==
           client::HealthAnswer::State::kNotServing;
  }));
  const auto status = cluster.controller(1).Wait(kPatience);
  ASSERT_TRUE(status) << "it goes on";
  EXPECT_EQ(status->code, 1);
  EXPECT_THAT(cluster.controller(1).Log(), HasSubstr("the loop 'edge' has been stuck"));
}

}  // namespace
}  // namespace quorate::testing
