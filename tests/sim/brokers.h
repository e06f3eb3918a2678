// The brokers of a simulated cluster, and how they are cut off from controllers: one broker from
// one controller, all from one, or all from all, while the controllers hear each other.
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
#include "tests/sim/client_paths.h"
#include "tests/sim/machine.h"

namespace quorate::sim {

class Brokers {
 public:
  // Shorter than in production, so that a run sees all of it.
  static constexpr controller::SessionOptions kSessionOptions = {
      .timeout = std::chrono::milliseconds(2000),
      .grace = std::chrono::milliseconds(250),
      .mass_loss_hold = std::chrono::seconds(6)};

  // `seed`: of randomness of their own, so that brokers move nothing else that a world draws.
  Brokers(Scheduler* scheduler, Network* network, Trace* trace, uint64_t seed);
  ~Brokers();

  // Begins. The machines outlive the brokers.
  void Start(std::vector<Machine*> machines, const Swarm& swarm,
             std::function<void(std::string)> fail);
  // All paths are whole, and stay so.
  void Heal();
  // All brokers are cut off, in any way, from this controller; null: from all.
  void CutOff(const Machine* machine);

  // All are unfenced, and in session with this controller.
  bool AreInSession(Machine* machine);
  size_t fences() const { return checks_.fences(); }

  // Of the log: what the first node that applied it saw.
  void OnApplied(const raft::Entry& entry, const metadata::MetadataImage& image);
  void OnClaimed(Epoch epoch, NodeId leader);

  // The ports of a controller.
  void AskVoters(NodeId self, const std::vector<NodeId>& voters, Duration within,
                 absl::AnyInvocable<void(std::vector<controller::VoterHearing>) &&> done);
  void Probe(NodeId self, BrokerId broker, const Uuid& incarnation,
             absl::AnyInvocable<void(controller::ProbeResult) &&> done);

 private:
  void ScheduleFault();
  void SetPath(BrokerId broker, NodeId node, ClientPath path);
  void SetPaths(const std::vector<BrokerId>& brokers, const std::vector<Machine*>& machines,
                ClientPath path);
  ClientPath DrawCut();
  // Every broker follows the log on some controller.
  void ReadLog();
  Machine* Find(NodeId id);

  Scheduler& scheduler_;
  Network& network_;
  Trace& trace_;
  Rng rng_;
  ClientPaths paths_;
  BrokerChecks checks_;
  std::function<void(std::string)> fail_;
  std::vector<Machine*> machines_;
  std::vector<BrokerId> ids_;
  std::vector<std::unique_ptr<BrokerProcess>> brokers_;
  std::map<Epoch, NodeId> leaders_;
  Duration fault_pause_{0};
  Duration fault_max_{0};
  bool over_ = false;
  controller::StreamId last_stream_ = 0;
  // Counts changes of paths, so that a timer knows its own.
  std::map<std::pair<BrokerId, NodeId>, int> changes_;
};

}  // namespace quorate::sim
