// The objects that all machines and processes of a world share.
#pragma once

#include <functional>
#include <string>

#include "base/random.h"
#include "tests/sim/checks/invariants.h"
#include "tests/sim/electorate.h"
#include "tests/sim/ledger.h"
#include "tests/sim/network.h"
#include "tests/sim/scheduler.h"
#include "tests/sim/swarm.h"
#include "tests/sim/trace.h"

namespace quorate::sim {

class Brokers;

// Everything in it outlives the machines and processes.
struct Surroundings {
  Scheduler* scheduler = nullptr;
  Rng* rng = nullptr;
  const Swarm* swarm = nullptr;
  Network* network = nullptr;
  Invariants* invariants = nullptr;
  Electorate* electorate = nullptr;
  Ledger* ledger = nullptr;
  // Null if there are no brokers.
  Brokers* brokers = nullptr;
  Trace* trace = nullptr;
  // Fails the run because of an error other than a broken invariant.
  std::function<void(std::string)> fail;
};

}  // namespace quorate::sim
