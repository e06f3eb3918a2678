// A whole cluster under one seed: machines, network, clients and faults on one scheduler. The same
// seed gives the same run, to the byte of its trace.
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
  // Of the phase with faults; nothing: as the seed has it.
  std::optional<Duration> length;
  std::optional<int> voters;
  std::optional<int> observers;
  bool no_strangers = false;
  // Null: no trace.
  std::ostream* trace = nullptr;
};

struct RunResult {
  // Nothing: every check held.
  std::optional<std::string> failure;
  // Simulated, both phases.
  Duration length{0};
  // How much happened.
  int64_t tasks = 0;
  size_t elections = 0;
  // Of snapshots that replaced a log.
  size_t installs = 0;
  // Of processes whose disk hung.
  size_t disk_exits = 0;
  size_t voter_changes = 0;
  // Changes, and refusals to make them.
  size_t answered = 0;
  size_t reads = 0;
};

class World {
 public:
  explicit World(const RunOptions& options);
  ~World();

  // Once.
  RunResult Run();

 private:
  // Until `end`, or until something is wrong. True: `done` was reached before.
  bool RunUntil(MonoTime end, const std::function<bool()>& done);
  void CheckProgress();
  // Of brokers that are cut off, when all else is healed.
  void CheckBrokers(const std::vector<Machine*>& core);
  // It is no voter, and was away while every voter that it knew was replaced: it does not believe
  // those that govern (raft/trust.cc), and waits for an operator.
  bool IsStranded(const Machine& machine) const;
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
