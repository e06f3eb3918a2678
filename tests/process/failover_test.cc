// Controllers die in various ways under a stream of topic creations. No acknowledged creation is
// lost, and none is executed twice.
#include <gmock/gmock.h>

#include <csignal>

#include "tests/process/topic_stream.h"

namespace quorate::testing {
namespace {

using ::testing::AnyOf;

class FailoverTest : public ::testing::TestWithParam<int> {};

TEST_P(FailoverTest, KillingTheActiveControllerLosesNothing) {
  Cluster cluster({.controllers = GetParam(), .brokers = 1});
  cluster.Start();
  TopicStream stream(cluster, "stream");
  const int kills = GetParam() == 3 ? 20 : 5;
  for (int round = 0; round < kills; ++round) {
    stream.AwaitMore(5);
    const int active = cluster.AwaitActive();
    cluster.controller(active).Kill();
    stream.AwaitMore(5);  // another controller is active
    cluster.StartController(active);
    cluster.AwaitReady();
  }
  stream.Stop();
  for (int node = 1; node <= GetParam(); ++node) {
    client::AdminClient client = cluster.Client({node});
    SCOPED_TRACE(node);
    ExpectExactlyAcknowledged(client, stream);
  }
}

TEST_P(FailoverTest, AMinorityOfDeadControllersIsTolerated) {
  Cluster cluster({.controllers = GetParam(), .brokers = 1});
  cluster.Start();
  TopicStream stream(cluster, "stream");
  for (int dead = 0; dead < GetParam() / 2; ++dead) {
    stream.AwaitMore(5);
    cluster.controller(cluster.AwaitActive()).Kill();
  }
  stream.AwaitMore(20);
  stream.Stop();
  client::AdminClient client = cluster.Client();
  ExpectExactlyAcknowledged(client, stream);
}

INSTANTIATE_TEST_SUITE_P(Controllers, FailoverTest, ::testing::Values(3, 5));

// Makes a write with a timeout that is shorter than the stream's, and returns its result.
client::CallResult<admin::v1::IncrementalAlterConfigsResponse> WriteWithin(
    const Cluster& cluster, std::chrono::milliseconds timeout) {
  client::AdminClient client =
      cluster.Client({}, [timeout](client::CallerOptions& options) { options.timeout = timeout; });
  admin::v1::IncrementalAlterConfigsRequest request;
  auto* resource = request.add_resources();
  resource->mutable_resource()->set_type(admin::v1::ConfigResource::TOPIC);
  resource->mutable_resource()->set_name("stream-0");
  auto* change = resource->add_changes();
  change->set_key("retention.ms");
  change->set_operation(admin::v1::ConfigChange::SET);
  change->set_value("1000");
  return client.IncrementalAlterConfigs(std::move(request));
}

TEST(SevenVotersTest, ThreeMayDieAndAFourthEndsTheWritesButLosesNone) {
  Cluster cluster({.controllers = 7, .brokers = 1});
  cluster.Start();
  TopicStream stream(cluster, "stream");
  stream.AwaitMore(5);
  std::vector<int> dead;
  const auto kill = [&](int node) {
    cluster.controller(node).Kill();
    dead.push_back(node);
  };
  kill(cluster.AwaitActive());
  const int active = cluster.AwaitActive();
  std::vector<int> followers = cluster.Others(active);
  std::erase(followers, dead.front());
  for (size_t i = 0; i < 2; ++i) {
    stream.AwaitMore(5);
    kill(followers.at(i));
  }
  stream.AwaitMore(20);

  // The active controller still has entries to send when no majority is left.
  kill(followers.at(2));
  const auto result = WriteWithin(cluster, std::chrono::seconds(3));
  const auto* failure = std::get_if<client::CallFailure>(&result);
  ASSERT_TRUE(failure) << "three of seven acknowledged a write";
  EXPECT_THAT(failure->kind,
              AnyOf(client::FailureKind::kUnreachable, client::FailureKind::kUnknown))
      << failure->ToString();

  for (const int node : dead) cluster.StartController(node);
  cluster.AwaitReady();
  stream.AwaitMore(20);
  stream.Stop();
  for (int node = 1; node <= 7; ++node) {
    SCOPED_TRACE(node);
    client::AdminClient client = cluster.Client({node});
    ExpectExactlyAcknowledged(client, stream);
  }
}

TEST(ProfileTest, ControllersWithDifferentProfilesReplaceEachOther) {
  const std::vector<std::string> profiles = {"lan", "wan", "noisy"};
  Cluster cluster({.controllers = 3, .brokers = 1});
  const auto start = [&](int node) {
    cluster.StartController(node, {"--profile=" + profiles.at(static_cast<size_t>(node - 1))});
  };
  for (int node = 1; node <= 3; ++node) start(node);
  cluster.StartBroker(1);
  cluster.AwaitReady();
  cluster.AwaitUnfencedBrokers(1);
  TopicStream stream(cluster, "stream");
  for (int round = 0; round < 3; ++round) {
    stream.AwaitMore(5);
    const int active = cluster.AwaitActive();
    cluster.controller(active).Kill();
    stream.AwaitMore(5);
    start(active);
    cluster.AwaitReady();
  }
  stream.Stop();
  client::AdminClient client = cluster.Client();
  ExpectExactlyAcknowledged(client, stream);
}

TEST(RestartTest, KillingAllControllersAtOnceLosesNothing) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  TopicStream stream(cluster, "stream");
  for (int round = 0; round < 3; ++round) {
    stream.AwaitMore(20);
    for (int node = 1; node <= 3; ++node) cluster.controller(node).Signal(SIGKILL);
    for (int node = 1; node <= 3; ++node) ASSERT_TRUE(cluster.controller(node).Wait(kPatience));
    for (int node = 1; node <= 3; ++node) cluster.StartController(node);
    cluster.AwaitReady();
  }
  stream.AwaitMore(20);
  stream.Stop();
  client::AdminClient client = cluster.Client();
  ExpectExactlyAcknowledged(client, stream);
}

TEST(RestartTest, StoppingTheActiveControllerHandsOverAndLosesNothing) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  TopicStream stream(cluster, "stream");
  for (int round = 0; round < 5; ++round) {
    stream.AwaitMore(5);
    const int active = cluster.AwaitActive();
    cluster.controller(active).Signal(SIGTERM);
    const auto status = cluster.controller(active).Wait(kPatience);
    ASSERT_TRUE(status) << "controller " << active << " does not stop";
    EXPECT_EQ(status->code, 0) << status->ToString() << ": " << cluster.controller(active).Log();
    stream.AwaitMore(5);
    cluster.StartController(active);
    cluster.AwaitReady();
  }
  stream.Stop();
  client::AdminClient client = cluster.Client();
  ExpectExactlyAcknowledged(client, stream);
}

// The paused controller is the active one, which is replaced meanwhile, or a follower, which misses
// what is committed meanwhile.
TEST(PauseTest, AResumedControllerNeitherServesStaleReadsNorAcknowledges) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  CreateTopic(client, "before", 1, 1);
  for (int round = 0; round < 4; ++round) {
    const int active = cluster.AwaitActive();
    const int paused = round % 2 == 0 ? active : cluster.Others(active).front();
    const std::vector<int> others = cluster.Others(paused);
    cluster.controller(paused).Signal(SIGSTOP);
    const std::string during = "during-" + std::to_string(round);
    client::AdminClient survivors = cluster.Client(others, [](client::CallerOptions& options) {
      options.attempt_timeout = std::chrono::milliseconds(200);
    });
    CreateTopic(survivors, during, 1, 1);

    // These requests wait in the sockets of the paused controller. It reads them first when it
    // resumes.
    std::thread reader([&] {
      client::AdminClient stale = cluster.Client({paused});
      const std::vector<std::string> names = TopicNames(stale);
      EXPECT_NE(std::find(names.begin(), names.end(), during), names.end())
          << "a resumed controller answered a read from before it was paused";
    });
    std::thread writer([&] {
      client::AdminClient stale = cluster.Client({paused});
      CreateTopic(stale, "after-" + std::to_string(round), 1, 1);
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    cluster.controller(paused).Signal(SIGCONT);
    reader.join();
    writer.join();
    cluster.AwaitReady();
    // The other controllers have what the resumed controller acknowledged.
    const std::vector<std::string> names = TopicNames(survivors);
    EXPECT_NE(std::find(names.begin(), names.end(), "after-" + std::to_string(round)), names.end());
  }
}

}  // namespace
}  // namespace quorate::testing
