// A whole cluster run from one seed: machines, network, clients and faults on one scheduler. The
// same seed produces the same trace, byte for byte.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/sim/brokers.h"
#include "tests/sim/checks/invariants.h"
#include "tests/sim/clients.h"
#include "tests/sim/electorate.h"
#include "tests/sim/faults.h"
#include "tests/sim/ledger.h"
#include "tests/sim/machine.h"
#include "tests/sim/network.h"
#include "tests/sim/scheduler.h"
#include "tests/sim/strangers.h"
#include "tests/sim/swarm.h"
#include "tests/sim/trace.h"

namespace quorate::sim {

struct RunOptions {
  uint64_t seed = 1;
  // The length of the phase with faults, or nullopt for the length that the seed defines.
  std::optional<Duration> length;
  std::optional<int> voters;
  std::optional<int> observers;
  bool no_strangers = false;
  // Null for no trace.
  std::ostream* trace = nullptr;
};

struct RunResult {
  // The failure, or nullopt if every check succeeded.
  std::optional<std::string> failure;
  // The simulated time of both phases.
  Duration length{0};
  // Statistics of the run.
  int64_t tasks = 0;
  size_t elections = 0;
  // The number of snapshots that replaced a log.
  size_t installs = 0;
  // The number of processes that ended because their disk hung.
  size_t disk_exits = 0;
  size_t voter_changes = 0;
  PartitionChecks::Counts partitions;
  // The number of answered changes, including refusals.
  size_t answered = 0;
  size_t reads = 0;
};

class World {
 public:
  explicit World(const RunOptions& options);
  ~World();

  // Runs the world. Call it once.
  RunResult Run();

 private:
  // Runs until `end` or a failure. Returns true as soon as `done` holds.
  bool RunUntil(MonoTime end, const std::function<bool()>& done);
  void CheckProgress();
  // Checks the behaviour towards brokers that are cut off when everything else is healed.
  void CheckBrokers(const std::vector<Machine*>& core);
  // Returns whether the machine is not a voter and was away while every voter that it knew was
  // replaced. It then does not believe the current voters (raft/core/trust.cc) and waits for an
  // operator.
  bool IsStranded(const Machine& machine) const;
  bool CanElect(const std::vector<Machine*>& core) const;
  void Fail(std::string what);

  Rng rng_;
  const Swarm swarm_;
  Scheduler scheduler_;
  Trace trace_;
  Network network_;
  Invariants invariants_;
  Electorate electorate_;
  Ledger ledger_;
  std::unique_ptr<Brokers> brokers_;
  std::vector<std::unique_ptr<Machine>> machines_;
  std::unique_ptr<Clients> clients_;
  std::unique_ptr<Faults> faults_;
  std::unique_ptr<Strangers> strangers_;
  std::optional<std::string> failure_;
};

}  // namespace quorate::sim
