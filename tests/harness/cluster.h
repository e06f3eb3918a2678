// A cluster of real processes on loopback: controllers and brokers with fixed addresses and data
// directories. A test can kill, pause, cut off and restart each of them.
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
#include "security/tls_store.h"
#include "tests/harness/fault_proxy.h"
#include "tests/harness/process.h"
#include "tests/harness/temp_dir.h"

namespace quorate::testing {

// The longest time that a test waits for a condition. It is generous, because only a broken program
// makes a test wait this long.
inline constexpr std::chrono::seconds kPatience{60};

// Waits until `condition` holds. Returns false if it does not hold within `patience`.
bool WaitFor(const std::function<bool()>& condition,
             std::chrono::milliseconds patience = kPatience);

// Returns flags of controllers for tests that expect that nobody is elected: election timeouts of
// several seconds, so that a machine under load does not cause an election.
std::vector<std::string> PatientElections();

struct ClusterOptions {
  // The number of controllers that found the cluster.
  int controllers = 3;
  // Additional controllers, numbered after the founders. The test starts them, as observers that
  // list the founders as voters.
  int observers = 0;
  int brokers = 0;
  // The cluster id of data directories that the test provides. If it is empty, a new id is used.
  std::string cluster_id;
  // Whether every controller dials each of its peers through a separate FaultProxy.
  bool proxied_peers = false;
  // Whether every controller has a FaultProxy in front of its client listener. The controller
  // advertises the proxy, and brokers use it. The test's own clients bypass it.
  bool proxied_clients = false;
  // Whether all processes and the test's own clients use TLS, with certificates that
  // deploy/make-certificates.sh made.
  bool tls = false;
  // The quorate-controller to run. If it is empty, that of CurrentPrograms() runs.
  std::string controller_program;
  std::vector<std::string> controller_flags;
  std::vector<std::string> broker_flags;
};

// Controllers and brokers are numbered from 1. Not thread-safe. The destructor kills the running
// processes. If the test has failed, it keeps the logs and prints where they are.
class Cluster {
 public:
  explicit Cluster(ClusterOptions options = {});
  ~Cluster();

  // Starts all processes except the observers, and waits until every controller is ready and every
  // broker is unfenced.
  void Start();

  // Starts one process. The flags in `extra` apply to this start only. REQUIRES: the node is not
  // running.
  void StartController(int node, const std::vector<std::string>& extra = {});
  void StartBroker(int broker, const std::vector<std::string>& extra = {});
  // From now on, starts the controllers and brokers of this directory, e.g. OlderPrograms().
  void RunProgramsOf(std::string directory) { programs_ = std::move(directory); }
  Process& controller(int node) { return *controllers_.at(node); }
  Process& broker(int broker) { return *brokers_.at(broker); }

  // Waits until the given controllers are ready (quorate.ready). If `nodes` is empty, waits for all
  // running controllers.
  void AwaitReady(std::vector<int> nodes = {});
  // Waits until `count` brokers are unfenced. The brokers of this cluster that run must say so
  // themselves, because the controllers may still show the registration of a predecessor.
  void AwaitUnfencedBrokers(int count);
  // Waits until a majority of the voters agrees on an active controller, and returns its node id.
  int AwaitActive();
  // Returns the node's own view of the quorum, with the leader and epoch. Returns nullopt if the
  // node does not answer.
  std::optional<admin::v1::DescribeQuorumResponse> QuorumSeenBy(int node);

  // Returns the founders except `node`.
  std::vector<int> Others(int node) const;

  // Return HOST:PORT of a client listener.
  std::string ControllerEndpoint(int node) const;
  std::string BrokerEndpoint(int broker) const;
  // Returns HOST:PORT of a peer listener.
  std::string PeerEndpoint(int node) const;
  // Returns all controllers, including observers, in the format of --bootstrap and as brokers reach
  // them.
  std::string Bootstrap() const;

  // Returns a client of the given controllers, or of all if `nodes` is empty.
  client::AdminClient Client(std::vector<int> nodes = {},
                             std::function<void(client::CallerOptions&)> tune = {}) const;

  // Runs deploy/make-certificates.sh for this cluster, with further arguments such as "--renew".
  // REQUIRES: tls.
  void MakeCertificates(const std::vector<std::string>& arguments = {}) const;
  // Returns --tls-cert, --tls-key and --tls-ca for a certificate of the cluster ("admin",
  // "controller-1"), or for other files of the same layout. REQUIRES: tls.
  std::vector<std::string> TlsFlags(const std::string& name) const;
  std::string CertificateDirectory() const { return directory_.path() + "/tls"; }
  // Returns the admin's certificate; null without TLS.
  security::TlsStore* tls() const { return tls_.get(); }

  // Returns the proxy on the path from `node` to `peer`. REQUIRES: proxied_peers.
  FaultProxy& PeerProxy(int node, int peer) { return *proxies_.at({node, peer}); }
  // Returns the proxy on the path from brokers to controller `node`. REQUIRES: proxied_clients.
  FaultProxy& ClientProxy(int node) { return *client_proxies_.at(node); }
  // The following faults imitate a network that drops packets. REQUIRES: proxied_peers.
  // Drops everything between the node and all others.
  void Isolate(int node);
  // Drops everything between the two nodes.
  void Separate(int a, int b);
  // Drops everything that `from` sends to `to`, but not the other direction.
  void Swallow(int from, int to);
  // Ends all faults on the paths of the node.
  void Rejoin(int node);

  // Return the command line that StartController or StartBroker uses, for tests that change it.
  std::vector<std::string> ControllerCommand(int node) const;
  std::vector<std::string> BrokerCommand(int broker) const;
  std::string ControllerDirectory(int node) const;
  std::string BrokerDirectory(int broker) const;
  const std::string& cluster_id() const { return cluster_id_; }
  const std::string& directory() const { return directory_.path(); }
  const ClusterOptions& options() const { return options_; }

 private:
  // Returns whether `count` of the running brokers say that they are unfenced, or all if fewer run.
  bool RunningBrokersAreUnfenced(int count);
  // Founders and observers.
  int Everybody() const { return options_.controllers + options_.observers; }
  // Returns the endpoint at which brokers find a controller.
  std::string AdvertisedEndpoint(int node) const;

  const ClusterOptions options_;
  TempDir directory_;
  std::string cluster_id_;
  std::string programs_;
  std::unique_ptr<security::TlsStore> tls_;
  std::vector<uint16_t> client_ports_;
  std::vector<uint16_t> peer_ports_;
  std::vector<uint16_t> broker_ports_;
  std::map<std::pair<int, int>, std::unique_ptr<FaultProxy>> proxies_;  // by (from, to)
  std::map<int, std::unique_ptr<FaultProxy>> client_proxies_;
  std::map<int, std::unique_ptr<Process>> controllers_;
  std::map<int, std::unique_ptr<Process>> brokers_;
};

// Returns the directory of the programs under test: the build directory of the test, or the one in
// QUORATE_PROGRAMS.
std::string CurrentPrograms();
// Returns the directory of controllers and brokers that support the metadata version before the
// latest one at most: those in QUORATE_OLDER_PROGRAMS, or those of the target
// quorate_older_programs.
std::string OlderPrograms();
std::string QuoratectlProgram();

// Returns the response. CHECKs that the call did not fail.
template <typename Response>
Response Must(client::CallResult<Response> result) {
  if (const auto* failure = std::get_if<client::CallFailure>(&result)) {
    LOG(FATAL) << failure->ToString();
  }
  return std::get<Response>(std::move(result));
}

// Returns a request that creates one topic.
admin::v1::CreateTopicsRequest NewTopicRequest(const std::string& name, int partitions,
                                               int replication_factor);

// Make calls and CHECK that they succeed.
admin::v1::CreateTopicsResponse CreateTopic(client::AdminClient& client, const std::string& name,
                                            int partitions, int replication_factor);
std::vector<std::string> TopicNames(client::AdminClient& client);

}  // namespace quorate::testing
