#include "tests/harness/cluster.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "client/probes.h"
#include "gtest/gtest.h"
#include "tests/harness/ports.h"

namespace quorate::testing {
namespace {

std::string Loopback(uint16_t port) { return absl::StrFormat("127.0.0.1:%d", port); }

std::vector<int> Numbers(int count) {
  std::vector<int> result;
  for (int i = 1; i <= count; ++i) result.push_back(i);
  return result;
}

}  // namespace

std::vector<std::string> PatientElections() {
  return {"--election-timeout-min-ms=5000", "--election-timeout-max-ms=10000"};
}

bool WaitFor(const std::function<bool()>& condition, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

std::string CurrentPrograms() {
  if (const char* directory = std::getenv("QUORATE_PROGRAMS")) return directory;
  // …/build/PRESET/tests/… -> …/build/PRESET
  std::filesystem::path path = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  while (!std::filesystem::exists(path / "CMakeCache.txt")) {
    CHECK(path.has_relative_path()) << "the tests do not run from a build directory";
    path = path.parent_path();
  }
  return path.string();
}

std::string OlderPrograms() {
  if (const char* directory = std::getenv("QUORATE_OLDER_PROGRAMS")) return directory;
  return CurrentPrograms() + "/older";
}

std::string QuoratectlProgram() { return CurrentPrograms() + "/cli/quoratectl"; }

Cluster::Cluster(ClusterOptions options)
    : options_(std::move(options)), programs_(CurrentPrograms()) {
  Rng rng(Rng::SystemSeed());
  cluster_id_ = options_.cluster_id.empty() ? Uuid::Random(rng).ToString() : options_.cluster_id;
  if (options_.tls) {
    MakeCertificates();
    auto store = security::TlsStore::Open({.cert = CertificateDirectory() + "/admin.pem",
                                           .key = CertificateDirectory() + "/admin-key.pem",
                                           .ca = CertificateDirectory() + "/ca.pem"},
                                          security::CertificateUse::kClient);
    CHECK_OK(store.status());
    tls_ = *std::move(store);
  }
  client_ports_ = FreePorts(Everybody());
  peer_ports_ = FreePorts(Everybody());
  broker_ports_ = FreePorts(options_.brokers);
  if (options_.proxied_clients) {
    for (const int node : Numbers(Everybody())) {
      client_proxies_[node] = std::make_unique<FaultProxy>(client_ports_.at(node - 1));
    }
  }
  if (!options_.proxied_peers) return;
  for (const int node : Numbers(options_.controllers)) {
    for (const int peer : Numbers(options_.controllers)) {
      if (node != peer) {
        proxies_[{node, peer}] = std::make_unique<FaultProxy>(peer_ports_.at(peer - 1));
      }
    }
  }
}

void Cluster::Isolate(int node) {
  for (auto& [way, proxy] : proxies_) {
    if (way.first == node || way.second == node) proxy->Blackhole(FaultProxy::Direction::kBoth);
  }
}

void Cluster::Separate(int a, int b) {
  PeerProxy(a, b).Blackhole(FaultProxy::Direction::kBoth);
  PeerProxy(b, a).Blackhole(FaultProxy::Direction::kBoth);
}

// Affects two connections, because each node dials the other and both send on both connections.
void Cluster::Swallow(int from, int to) {
  PeerProxy(from, to).Blackhole(FaultProxy::Direction::kToUpstream);
  PeerProxy(to, from).Blackhole(FaultProxy::Direction::kToClient);
}

void Cluster::Rejoin(int node) {
  for (auto& [way, proxy] : proxies_) {
    if (way.first == node || way.second == node) proxy->Forward();
  }
}

Cluster::~Cluster() {
  for (auto& [node, process] : controllers_) process->Kill();
  for (auto& [broker, process] : brokers_) process->Kill();
  if (::testing::Test::HasFailure()) directory_.Keep();
}

std::vector<int> Cluster::Others(int node) const {
  std::vector<int> others = Numbers(options_.controllers);
  std::erase(others, node);
  return others;
}

std::string Cluster::ControllerEndpoint(int node) const {
  return Loopback(client_ports_.at(node - 1));
}

std::string Cluster::PeerEndpoint(int node) const { return Loopback(peer_ports_.at(node - 1)); }

std::string Cluster::AdvertisedEndpoint(int node) const {
  const auto proxy = client_proxies_.find(node);
  return proxy == client_proxies_.end() ? ControllerEndpoint(node)
                                        : Loopback(proxy->second->port());
}

std::string Cluster::BrokerEndpoint(int broker) const {
  return Loopback(broker_ports_.at(broker - 1));
}

std::string Cluster::Bootstrap() const {
  std::vector<std::string> endpoints;
  for (const int node : Numbers(Everybody())) {
    endpoints.push_back(AdvertisedEndpoint(node));
  }
  return absl::StrJoin(endpoints, ",");
}

std::string Cluster::ControllerDirectory(int node) const {
  return absl::StrFormat("%s/controller-%d", directory_.path(), node);
}

std::string Cluster::BrokerDirectory(int broker) const {
  return absl::StrFormat("%s/broker-%d", directory_.path(), broker);
}

void Cluster::MakeCertificates(const std::vector<std::string>& arguments) const {
  std::vector<std::string> command = {QUORATE_SOURCE_DIR "/deploy/make-certificates.sh",
                                      CertificateDirectory(),
                                      "--cluster-id",
                                      cluster_id_,
                                      "--controllers",
                                      std::to_string(Everybody()),
                                      "--brokers",
                                      std::to_string(options_.brokers)};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const RunResult result = Run(command);
  CHECK(result.status.code == 0) << result.errors;
}

std::vector<std::string> Cluster::TlsFlags(const std::string& name) const {
  const std::string directory = CertificateDirectory();
  return {absl::StrFormat("--tls-cert=%s/%s.pem", directory, name),
          absl::StrFormat("--tls-key=%s/%s-key.pem", directory, name),
          absl::StrFormat("--tls-ca=%s/ca.pem", directory)};
}

std::vector<std::string> Cluster::ControllerCommand(int node) const {
  std::vector<std::string> voters;
  for (const int peer : Numbers(options_.controllers)) {
    const auto proxy = proxies_.find({node, peer});
    const uint16_t port =
        proxy == proxies_.end() ? peer_ports_.at(peer - 1) : proxy->second->port();
    voters.push_back(absl::StrFormat("%d@%s", peer, Loopback(port)));
  }
  std::vector<std::string> command = {
      options_.controller_program.empty() ? programs_ + "/server/quorate-controller"
                                          : options_.controller_program,
      "--cluster-id=" + cluster_id_,
      "--node-id=" + std::to_string(node),
      "--data-dir=" + ControllerDirectory(node),
      "--voters=" + absl::StrJoin(voters, ","),
      "--client-listen=" + ControllerEndpoint(node),
      "--client-advertise=" + AdvertisedEndpoint(node),
      "--peer-listen=" + PeerEndpoint(node),
      "--peer-advertise=" + PeerEndpoint(node),
  };
  if (node > options_.controllers) command.emplace_back("--observer");
  if (options_.tls) {
    for (std::string& flag : TlsFlags(absl::StrFormat("controller-%d", node))) {
      command.push_back(std::move(flag));
    }
  }
  command.insert(command.end(), options_.controller_flags.begin(), options_.controller_flags.end());
  return command;
}

std::vector<std::string> Cluster::BrokerCommand(int broker) const {
  std::vector<std::string> command = {
      programs_ + "/server/quorate-broker",
      "--cluster-id=" + cluster_id_,
      "--broker-id=" + std::to_string(broker),
      "--data-dir=" + BrokerDirectory(broker),
      "--bootstrap=" + Bootstrap(),
      "--listen=" + BrokerEndpoint(broker),
      "--advertise=" + BrokerEndpoint(broker),
  };
  if (options_.tls) {
    for (std::string& flag : TlsFlags(absl::StrFormat("broker-%d", broker))) {
      command.push_back(std::move(flag));
    }
  }
  command.insert(command.end(), options_.broker_flags.begin(), options_.broker_flags.end());
  return command;
}

void Cluster::StartController(int node, const std::vector<std::string>& extra) {
  std::vector<std::string> command = ControllerCommand(node);
  command.insert(command.end(), extra.begin(), extra.end());
  controllers_.erase(node);
  controllers_[node] = std::make_unique<Process>(command, ControllerDirectory(node) + ".log");
}

void Cluster::StartBroker(int broker, const std::vector<std::string>& extra) {
  std::vector<std::string> command = BrokerCommand(broker);
  command.insert(command.end(), extra.begin(), extra.end());
  brokers_.erase(broker);
  brokers_[broker] = std::make_unique<Process>(command, BrokerDirectory(broker) + ".log");
}

void Cluster::Start() {
  for (const int node : Numbers(options_.controllers)) StartController(node);
  for (const int broker : Numbers(options_.brokers)) StartBroker(broker);
  AwaitReady();
  if (options_.brokers > 0) AwaitUnfencedBrokers(options_.brokers);
}

void Cluster::AwaitReady(std::vector<int> nodes) {
  if (nodes.empty()) {
    for (auto& [node, process] : controllers_) {
      if (process->Running()) nodes.push_back(node);
    }
  }
  for (const int node : nodes) {
    client::ReadinessProbe probe(*ParseHostPort(ControllerEndpoint(node)), tls());
    CHECK(WaitFor([&] {
      CHECK(controllers_.at(node)->Running())
          << "controller " << node << " ended: " << controllers_.at(node)->Log();
      return !probe.WhyNotReady(std::chrono::seconds(1)).has_value();
    })) << "controller "
        << node << " is not ready: " << controllers_.at(node)->Log();
  }
}

void Cluster::AwaitUnfencedBrokers(int count) {
  client::AdminClient client = Client();
  CHECK(WaitFor([&] {
    const auto result = client.DescribeCluster({});
    const auto* response = std::get_if<admin::v1::DescribeClusterResponse>(&result);
    if (response == nullptr) return false;
    const auto unfenced = std::count_if(response->brokers().begin(), response->brokers().end(),
                                        [](const auto& broker) { return !broker.fenced(); });
    return unfenced >= count && RunningBrokersAreUnfenced(count);
  })) << "fewer than "
      << count << " brokers are unfenced; logs in " << directory_.path();
}

bool Cluster::RunningBrokersAreUnfenced(int count) {
  int running = 0;
  int unfenced = 0;
  for (auto& [broker, process] : brokers_) {
    if (!process->Running()) continue;
    ++running;
    const auto view = client::ViewBroker(*ParseHostPort(BrokerEndpoint(broker)),
                                         std::chrono::seconds(1), /*with_topics=*/false, tls());
    const auto* answer = std::get_if<client::BrokerView>(&view);
    unfenced +=
        answer != nullptr && answer->broker.state() == broker::v1::DescribeBrokerResponse::RUNNING;
  }
  return unfenced >= std::min(count, running);
}

std::optional<admin::v1::DescribeQuorumResponse> Cluster::QuorumSeenBy(int node) {
  client::AdminClient client =
      Client({node}, [](client::CallerOptions& o) { o.timeout = std::chrono::milliseconds(500); });
  admin::v1::DescribeQuorumRequest request;
  request.set_allow_stale(true);
  auto result = client.DescribeQuorum(request);
  if (auto* response = std::get_if<admin::v1::DescribeQuorumResponse>(&result)) {
    return std::move(*response);
  }
  return std::nullopt;
}

int Cluster::AwaitActive() {
  int active = -1;
  CHECK(WaitFor([&] {
    std::map<std::pair<int, int>, int> votes;
    for (auto& [node, process] : controllers_) {
      if (!process->Running()) continue;
      const auto seen = QuorumSeenBy(node);
      if (!seen || seen->leader_id() < 0) continue;
      const bool is_voter = std::any_of(seen->voters().begin(), seen->voters().end(),
                                        [id = node](const auto& v) { return v.node_id() == id; });
      if (!is_voter) continue;
      if (++votes[{seen->epoch(), seen->leader_id()}] > seen->voters_size() / 2) {
        active = seen->leader_id();
        return true;
      }
    }
    return false;
  })) << "no active controller; logs in "
      << directory_.path();
  return active;
}

client::AdminClient Cluster::Client(std::vector<int> nodes,
                                    std::function<void(client::CallerOptions&)> tune) const {
  if (nodes.empty()) nodes = Numbers(Everybody());
  client::CallerOptions options;
  options.tls = tls();
  options.timeout = kPatience;
  for (const int node : nodes)
    options.endpoints.push_back(*ParseHostPort(ControllerEndpoint(node)));
  if (tune) tune(options);
  return client::AdminClient(options);
}

admin::v1::CreateTopicsRequest NewTopicRequest(const std::string& name, int partitions,
                                               int replication_factor) {
  admin::v1::CreateTopicsRequest request;
  auto* topic = request.add_topics();
  topic->set_name(name);
  topic->set_partition_count(partitions);
  topic->set_replication_factor(replication_factor);
  return request;
}

admin::v1::CreateTopicsResponse CreateTopic(client::AdminClient& client, const std::string& name,
                                            int partitions, int replication_factor) {
  auto response = Must(client.CreateTopics(NewTopicRequest(name, partitions, replication_factor)));
  CHECK_EQ(response.results_size(), 1);
  CHECK(!response.results(0).has_error()) << response.results(0).error().message();
  return response;
}

std::vector<std::string> TopicNames(client::AdminClient& client) {
  std::vector<std::string> names;
  const auto response = Must(client.ListTopics({}));
  for (const auto& topic : response.topics()) names.push_back(topic.name());
  return names;
}

}  // namespace quorate::testing
