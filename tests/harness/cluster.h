// A cluster of real processes on loopback: controllers and brokers with fixed addresses and data
// directories, to be killed, paused, cut off and restarted at will.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "client/admin_client.h"
#include "tests/harness/fault_proxy.h"
#include "tests/harness/process.h"
#include "tests/harness/temp_dir.h"

namespace quorate::testing {

// Generous: a test waits for a condition, and only a broken program makes it wait this long.
inline constexpr std::chrono::seconds kPatience{60};

// Waits until `condition` holds; false after kPatience.
bool WaitFor(const std::function<bool()>& condition,
             std::chrono::milliseconds patience = kPatience);

struct ClusterOptions {
  // Those that found the cluster.
  int controllers = 3;
  // More controllers, numbered after them: started by the test, as observers that list the
  // founders.
  int observers = 0;
  int brokers = 0;
  // Of data directories that a test brings along; empty: a new one.
  std::string cluster_id;
  // Every controller dials each of its peers through a FaultProxy of its own.
  bool proxied_peers = false;
  // Every controller has a FaultProxy before its client listener, which it advertises and through
  // which brokers reach it. The test's own clients go past it.
  bool proxied_clients = false;
  // The quorate-controller to run; empty: ControllerProgram().
  std::string controller_program;
  std::vector<std::string> controller_flags;
  std::vector<std::string> broker_flags;
};

// Controllers and brokers are numbered from 1. Not thread-safe. The destructor kills what runs; if
// the test has failed it prints where the logs are and leaves them.
class Cluster {
 public:
  explicit Cluster(ClusterOptions options = {});
  ~Cluster();

  // Starts everything but the observers, and waits until every controller is ready and every broker
  // unfenced.
  void Start();

  // `extra` flags are for this start only. REQUIRES: the node does not run.
  void StartController(int node, const std::vector<std::string>& extra = {});
  void StartBroker(int broker, const std::vector<std::string>& extra = {});
  Process& controller(int node) { return *controllers_.at(node); }
  Process& broker(int broker) { return *brokers_.at(broker); }

  // Until the given controllers are all ready (quorate.ready); every one that runs if empty.
  void AwaitReady(std::vector<int> nodes = {});
  void AwaitUnfencedBrokers(int count);
  // The active controller on which a majority of the voters agrees; waits for one.
  int AwaitActive();
  // What node itself believes: who leads, at which epoch. Nothing if it does not answer.
  std::optional<admin::v1::DescribeQuorumResponse> QuorumSeenBy(int node);

  // The founders without this one.
  std::vector<int> Others(int node) const;

  // HOST:PORT of client listeners.
  std::string ControllerEndpoint(int node) const;
  std::string BrokerEndpoint(int broker) const;
  // All controllers, observers too, as --bootstrap takes them, and as brokers reach them.
  std::string Bootstrap() const;

  // A client of all controllers, or of some.
  client::AdminClient Client(std::vector<int> nodes = {},
                             std::function<void(client::CallerOptions&)> tune = {}) const;

  // The way from `node` to its `peer`. REQUIRES: proxied_peers.
  FaultProxy& PeerProxy(int node, int peer) { return *proxies_.at({node, peer}); }
  // The way from brokers to controller `node`. REQUIRES: proxied_clients.
  FaultProxy& ClientProxy(int node) { return *client_proxies_.at(node); }
  // As networks that swallow packets. REQUIRES: proxied_peers.
  // Nothing gets through between the node and any other.
  void Isolate(int node);
  // Nothing gets through between the two.
  void Separate(int a, int b);
  // What `from` sends to `to` is lost, and nothing else.
  void Swallow(int from, int to);
  // Ends every fault of the node's.
  void Rejoin(int node);

  // The command line that StartController uses, for tests that change it.
  std::vector<std::string> ControllerCommand(int node) const;
  std::vector<std::string> BrokerCommand(int broker) const;
  std::string ControllerDirectory(int node) const;
  std::string BrokerDirectory(int broker) const;
  const std::string& cluster_id() const { return cluster_id_; }
  const std::string& directory() const { return directory_.path(); }
  const ClusterOptions& options() const { return options_; }

 private:
  // Founders and observers.
  int Everybody() const { return options_.controllers + options_.observers; }
  // Where brokers find a controller.
  std::string AdvertisedEndpoint(int node) const;

  const ClusterOptions options_;
  TempDir directory_;
  std::string cluster_id_;
  std::vector<uint16_t> client_ports_;
  std::vector<uint16_t> peer_ports_;
  std::vector<uint16_t> broker_ports_;
  std::map<std::pair<int, int>, std::unique_ptr<FaultProxy>> proxies_;  // by (from, to)
  std::map<int, std::unique_ptr<FaultProxy>> client_proxies_;
  std::map<int, std::unique_ptr<Process>> controllers_;
  std::map<int, std::unique_ptr<Process>> brokers_;
};

// Where the programs are: next to the tests in the build directory.
std::string ControllerProgram();
std::string BrokerProgram();
std::string QuoratectlProgram();

// The answer; CHECKs that the call did not fail.
template <typename Response>
Response Must(client::CallResult<Response> result) {
  if (const auto* failure = std::get_if<client::CallFailure>(&result)) {
    LOG(FATAL) << failure->ToString();
  }
  return std::get<Response>(std::move(result));
}

// Calls that CHECK success, for tests in which anything else is a failure.
admin::v1::CreateTopicsResponse CreateTopic(client::AdminClient& client, const std::string& name,
                                            int partitions, int replication_factor);
std::vector<std::string> TopicNames(client::AdminClient& client);

}  // namespace quorate::testing
