// Many clients send more at once than a controller can hold. Memory and descriptors stay within
// their limits, and the quorum and the brokers are not affected.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "absl/strings/str_format.h"
#include "client/channel.h"
#include "client/status_mapping.h"
#include "quorate/admin/v1/admin_service.grpc.pb.h"
#include "tests/harness/cluster.h"
#include "tests/harness/flood.h"
#include "tests/harness/peak_memory.h"
#include "tests/harness/ports.h"

namespace quorate::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr size_t kMiB = size_t{1} << 20;
constexpr size_t kRequestBytes = 8 * kMiB - 1'000;

admin::v1::DescribeTopicsRequest ManyNames() {
  admin::v1::DescribeTopicsRequest request;
  for (size_t bytes = 0; bytes < kRequestBytes - 100;) {
    *request.add_topics() = "a-topic-" + std::to_string(request.topics_size());
    bytes += request.topics(request.topics_size() - 1).size() + 2;
  }
  return request;
}

admin::v1::DeleteTopicsRequest ManyDeletions() {
  admin::v1::DeleteTopicsRequest request;
  for (size_t bytes = 0; bytes < kRequestBytes - 100;) {
    auto* topic = request.add_topics();
    topic->set_name("a-topic-" + std::to_string(request.topics_size()));
    bytes += topic->name().size() + 4;
  }
  return request;
}

admin::v1::CreateTopicsRequest OneLongValue() {
  admin::v1::CreateTopicsRequest request;
  auto* topic = request.add_topics();
  topic->set_name("a-topic");
  topic->add_configs()->set_key("retention.ms");
  topic->mutable_configs(0)->set_value(std::string(kRequestBytes, '9'));
  return request;
}

// Collects the messages of all errors that requests returned. Thread-safe.
class Errors {
 public:
  void Add(const grpc::Status& status) {
    if (status.ok()) return;
    const std::lock_guard lock(mutex_);
    messages_.insert(client::ErrorFromStatus(status).message());
  }
  std::set<std::string> Take() {
    const std::lock_guard lock(mutex_);
    return messages_;
  }

 private:
  std::mutex mutex_;
  std::set<std::string> messages_;
};

// Sends the three kinds of requests, one after the other.
void SendLargeRequests(const std::string& endpoint, Errors* errors) {
  const auto stub = admin::v1::AdminService::NewStub(client::MakeChannel(*ParseHostPort(endpoint)));
  const auto send = [errors](auto call) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    errors->Add(call(&context));
  };
  send([&](grpc::ClientContext* context) {
    admin::v1::DescribeTopicsResponse response;
    return stub->DescribeTopics(context, ManyNames(), &response);
  });
  send([&](grpc::ClientContext* context) {
    admin::v1::DeleteTopicsResponse response;
    return stub->DeleteTopics(context, ManyDeletions(), &response);
  });
  send([&](grpc::ClientContext* context) {
    admin::v1::CreateTopicsResponse response;
    return stub->CreateTopics(context, OneLongValue(), &response);
  });
}

class LimitsTest : public ::testing::TestWithParam<bool> {};

TEST_P(LimitsTest, LargeRequestsOfManyClientsStayWithinMemory) {
  constexpr int kClients = 12;
  constexpr int kRequestsOfEach = 2;
  // The timeouts are long because this test overloads the machine: heartbeats may wait for as long
  // as the large requests take.
  Cluster cluster(
      {.controllers = 3,
       .brokers = 2,
       .controller_flags = {"--election-timeout-min-ms=5000", "--election-timeout-max-ms=6000",
                            "--broker-session-timeout-ms=60000"}});
  cluster.Start();
  const int active = cluster.AwaitActive();
  const int asked = GetParam() ? cluster.Others(active).front() : active;
  const auto before = cluster.QuorumSeenBy(active);
  ASSERT_TRUE(before);
  std::map<int, int64_t> memory;
  for (const int node : {1, 2, 3}) {
    ForgetPeakMemory(cluster.controller(node).pid());
    memory[node] = PeakMemoryBytes(cluster.controller(node).pid());
  }

  Errors errors;
  std::vector<std::thread> senders;
  for (int i = 0; i < kClients * kRequestsOfEach; ++i) {
    senders.emplace_back([&] { SendLargeRequests(cluster.ControllerEndpoint(asked), &errors); });
  }
  for (std::thread& sender : senders) sender.join();

  for (const int node : {1, 2, 3}) {
    const int64_t grown = PeakMemoryBytes(cluster.controller(node).pid()) - memory[node];
    EXPECT_LE(grown, static_cast<int64_t>(256 * kMiB)) << "controller " << node;
    LOG(INFO) << "controller " << node << " grew by " << grown / static_cast<int64_t>(kMiB)
              << " MiB";
  }
  for (const std::string& message : errors.Take()) {
    EXPECT_THAT(message, Not(HasSubstr("larger than max")));
    LOG(INFO) << "refused: " << message;
  }
  const auto after = cluster.QuorumSeenBy(active);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->epoch(), before->epoch());
  EXPECT_THAT(cluster.controller(active).Log(), Not(HasSubstr("is taken for dead")));
  client::AdminClient client = cluster.Client();
  const auto described = Must(client.DescribeCluster({}));
  for (const auto& broker : described.brokers()) {
    EXPECT_FALSE(broker.fenced()) << broker.broker_id();
  }
}

INSTANTIATE_TEST_SUITE_P(ThroughAFollower, LimitsTest, ::testing::Bool());

int ConnectTo(const std::string& endpoint) {
  const auto port = static_cast<uint16_t>(ParseHostPort(endpoint)->port);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  PCHECK(fd >= 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  PCHECK(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  return fd;
}

TEST(DescriptorsTest, ManyIdleConnectionsAreSurvived) {
  rlimit own = {};
  PCHECK(getrlimit(RLIMIT_NOFILE, &own) == 0);
  own.rlim_cur = std::min<rlim_t>(own.rlim_max, 4'096);
  PCHECK(setrlimit(RLIMIT_NOFILE, &own) == 0);

  Cluster cluster({.controllers = 3});
  cluster.Start();
  const int node = cluster.Others(cluster.AwaitActive()).front();
  const rlimit few = {.rlim_cur = 1'024, .rlim_max = 1'024};
  PCHECK(prlimit(cluster.controller(node).pid(), RLIMIT_NOFILE, &few, nullptr) == 0);
  client::AdminClient everybody = cluster.Client();
  const auto described = Must(everybody.DescribeCluster({}));
  std::string peer_endpoint;
  for (const auto& controller : described.controllers()) {
    if (controller.node_id() == node) peer_endpoint = controller.peer_endpoint();
  }
  for (const std::string& endpoint : {cluster.ControllerEndpoint(node), peer_endpoint}) {
    SCOPED_TRACE(endpoint);
    std::vector<int> idle;
    for (int i = 0; i < 1'100; ++i) idle.push_back(ConnectTo(endpoint));
    std::this_thread::sleep_for(std::chrono::seconds(5));  // the duration of the fault
    for (const int fd : idle) close(fd);
    // The node works again, and so do its connections to and from its peers.
    client::AdminClient client = cluster.Client({node});
    EXPECT_TRUE(WaitFor([&] {
      return std::holds_alternative<admin::v1::ListTopicsResponse>(client.ListTopics({}));
    }));
    const int other = cluster.Others(node).front();
    cluster.controller(other).Kill();
    cluster.StartController(other);
    cluster.AwaitReady();
  }
}

// Counts how often a controller believed that another one had died.
int DeathsSeenBy(const Process& process) { return CountOf(process.Log(), "is taken for dead"); }

class FloodTest : public ::testing::TestWithParam<bool> {};

// How long the flood lasts.
constexpr std::chrono::seconds kFloodTime{15};
constexpr int64_t kMaxGrowth = 64 * kMiB;

TEST_P(FloodTest, AFloodOfHostileConnectionsCostsLittleAndHarmsNobody) {
  const uint16_t metrics_port = FreePorts(1).front();
  Cluster cluster(
      {.controllers = 3, .brokers = 2, .tls = GetParam(), .controller_flags = PatientElections()});
  cluster.Start();
  const int active = cluster.AwaitActive();
  client::AdminClient client = cluster.Client();
  CreateTopic(client, "written", 1, 1);
  // One controller also has a port for metrics.
  const int follower = cluster.Others(active).front();
  cluster.controller(follower).Kill();
  cluster.StartController(follower,
                          {absl::StrFormat("--metrics-listen=127.0.0.1:%d", metrics_port)});
  cluster.AwaitReady();

  FloodOptions options = {
      .targets = {{"127.0.0.1", metrics_port}, *ParseHostPort(cluster.BrokerEndpoint(1))}};
  const auto described = Must(client.DescribeCluster({}));
  for (const auto& controller : described.controllers()) {
    options.targets.push_back(*ParseHostPort(controller.client_endpoint()));
    options.targets.push_back(*ParseHostPort(controller.peer_endpoint()));
  }
  const std::map<std::string, Process*> processes = {{"controller 1", &cluster.controller(1)},
                                                     {"controller 2", &cluster.controller(2)},
                                                     {"controller 3", &cluster.controller(3)},
                                                     {"broker 1", &cluster.broker(1)}};
  std::map<std::string, int64_t> memory;
  std::map<std::string, int> deaths;
  for (const auto& [name, process] : processes) {
    ForgetPeakMemory(process->pid());
    memory[name] = PeakMemoryBytes(process->pid());
    deaths[name] = DeathsSeenBy(*process);
  }
  const auto before = cluster.QuorumSeenBy(active);
  ASSERT_TRUE(before);

  int writes = 0;
  {
    const Flood flood(options);
    // Each second one client that connects anew, beside one that stays connected.
    const auto end = std::chrono::steady_clock::now() + kFloodTime;
    while (std::chrono::steady_clock::now() < end) {
      client::AdminClient newcomer = cluster.Client();
      CreateTopic(newcomer, absl::StrFormat("newcomer-%d", writes), 1, 1);
      for (int i = 0; i < 20; ++i) CreateTopic(client, absl::StrFormat("t-%d", ++writes), 1, 1);
    }
    for (size_t i = 0; i < Flood::kKinds; ++i) {
      const auto kind = static_cast<Flood::Kind>(i);
      LOG(INFO) << Flood::NameOf(kind) << ": " << flood.opened(kind) << " opened, "
                << flood.open(kind) << " open";
      EXPECT_GT(flood.opened(kind), 0) << Flood::NameOf(kind);
    }
    LOG(INFO) << flood.resets() << " calls were reset, " << writes << " writes succeeded";
  }

  for (const auto& [name, process] : processes) {
    const int64_t growth = PeakMemoryBytes(process->pid()) - memory[name];
    LOG(INFO) << name << " grew by " << growth / static_cast<int64_t>(kMiB) << " MiB";
    EXPECT_LE(growth, kMaxGrowth) << name;
    EXPECT_EQ(DeathsSeenBy(*process), deaths[name]) << name;
  }
  const auto after = cluster.QuorumSeenBy(active);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->epoch(), before->epoch());
  EXPECT_EQ(after->leader_id(), before->leader_id());
  const auto described_after = Must(client.DescribeCluster({}));
  for (const auto& broker : described_after.brokers()) {
    EXPECT_FALSE(broker.fenced()) << broker.broker_id();
  }
}

INSTANTIATE_TEST_SUITE_P(WithTls, FloodTest, ::testing::Bool());

}  // namespace
}  // namespace quorate::testing
