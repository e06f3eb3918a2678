// The brokers of a simulated cluster. It cuts them off from controllers while the controllers still
// reach each other: one broker from one controller, all brokers from one controller, or all from
// all. It also kills and stops brokers, and starts them again.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "controller/broker_prober.h"
#include "controller/broker_sessions.h"
#include "controller/voter_poll.h"
#include "tests/sim/broker_process.h"
#include "tests/sim/checks/broker_checks.h"
#include "tests/sim/checks/partition_checks.h"
#include "tests/sim/checks/registration_checks.h"
#include "tests/sim/client_paths.h"
#include "tests/sim/machine.h"
#include "tests/sim/topic_admin.h"

namespace quorate::sim {

class Brokers {
 public:
  static constexpr int kBrokers = 5;
  // Shorter than in production, so that a run covers all timeouts.
  static constexpr controller::SessionOptions kSessionOptions = {
      .timeout = std::chrono::milliseconds(2000),
      .grace = std::chrono::milliseconds(250),
      .mass_loss_hold = std::chrono::seconds(6)};

  // `seed` is for a separate random generator, so that brokers do not change other random draws of
  // a world.
  Brokers(Scheduler* scheduler, Network* network, Trace* trace, uint64_t seed);
  ~Brokers();

  // Starts the brokers and the path faults. The machines outlive the brokers.
  void Start(std::vector<Machine*> machines, const Swarm& swarm,
             std::function<void(std::string)> fail);
  // Heals all paths, starts all brokers, and injects no further faults.
  void Heal();
  // Cuts all brokers off from this controller, in a random way. Null means all controllers.
  void CutOff(const Machine* machine);

  // Returns whether all brokers are unfenced and in session with this controller.
  bool AreInSession(Machine* machine);
  // Returns which partition is out of sync or being reassigned at this controller, or "".
  static std::string FindUnfinishedPartition(Machine* machine);
  // Returns whether every partition is led by its first replica, at this controller.
  static bool LeadWherePreferred(Machine* machine);
  bool AreFenced() const { return checks_.unfenced().empty(); }
  size_t fences() const { return checks_.fences(); }
  const PartitionChecks::Counts& partition_counts() const { return partition_checks_.counts(); }

  // Called when the first node has applied an entry.
  void OnApplied(const raft::Entry& entry, const metadata::MetadataImage& image);
  void OnClaimed(Epoch epoch, NodeId leader);

  // The implementations of controller ports (controller_ports.h).
  void AskVoters(NodeId self, const std::vector<NodeId>& voters, Duration within,
                 absl::AnyInvocable<void(std::vector<controller::VoterAnswer>) &&> done);
  void Probe(NodeId self, BrokerId broker, const Uuid& incarnation,
             absl::AnyInvocable<void(controller::ProbeResult) &&> done);

 private:
  void ScheduleFault();
  // Now and then kills a broker, or lets it stop.
  void ScheduleOutage();
  void StartBroker(BrokerId id);
  void OnStopped(BrokerId id);
  BrokerProcess& ProcessOf(BrokerId id) const {
    return *brokers_[static_cast<size_t>(id.value()) - 1];
  }
  // Whether the broker may be fenced at any time: its process, or the one that was registered in
  // `last_`, has ended or wants to.
  bool IsLeaving(BrokerId id) const;
  void SetPath(BrokerId broker, NodeId node, ClientPath path);
  void SetPaths(const std::vector<BrokerId>& brokers, const std::vector<Machine*>& machines,
                ClientPath path);
  ClientPath DrawCut();
  // Periodically passes the state of a random controller to each broker that can reach it.
  void ReadLog();
  // The leaders of partitions ask the active controller for their ISRs.
  void RequestIsrs();
  Machine* Find(NodeId id);

  Scheduler& scheduler_;
  Network& network_;
  Trace& trace_;
  Rng rng_;
  ClientPaths paths_;
  BrokerChecks checks_;
  PartitionChecks partition_checks_;
  RegistrationChecks registration_checks_;
  TopicAdmin admin_;
  std::function<void(std::string)> fail_;
  std::vector<Machine*> machines_;
  std::vector<BrokerId> ids_;
  std::vector<NodeId> controllers_;
  // The current process of each broker, and the earlier ones of all brokers.
  std::vector<std::unique_ptr<BrokerProcess>> brokers_;
  std::vector<std::unique_ptr<BrokerProcess>> ended_;
  // The last committed state.
  metadata::MetadataImage last_;
  std::map<Epoch, NodeId> leaders_;
  Duration fault_pause_{0};
  Duration fault_max_{0};
  Duration outage_pause_{0};
  Duration outage_max_{0};
  int64_t isr_requests_ = 0;
  bool over_ = false;
  controller::StreamId last_stream_ = 0;
  // Counts changes of paths, so that a timer can detect that its path has changed since.
  std::map<std::pair<BrokerId, NodeId>, int> changes_;
};

}  // namespace quorate::sim
