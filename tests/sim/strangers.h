// Processes that reach the peer ports of a simulated cluster but do not belong to it. They send a
// Hello with a voter's node id and another directory id, or with an unused node id. Then they send
// well-formed nonsense of every kind, with plausible and with extreme numbers. Their messages must
// not change any state (checks/stranger_checks.h), and the cluster must continue to work.
//
// They learn epochs and indexes from the messages that leaders send to observers. They do not use
// the directory ids that they could learn, because a process with a voter's directory id cannot be
// distinguished from the voter without authentication.
#pragma once

#include <memory>
#include <vector>

#include "tests/sim/surroundings.h"

namespace quorate::sim {

class Stranger;

class Strangers {
 public:
  // Creates the number of strangers that the swarm defines.
  explicit Strangers(const Surroundings& surroundings);
  ~Strangers();

  // Starts the strangers, which never stop.
  void Start();

 private:
  // What all strangers together have learnt.
  struct Learnt {
    Epoch epoch;
    LogIndex index;
  };
  friend class Stranger;

  Rng rng_;
  Learnt learnt_;
  std::vector<std::unique_ptr<Stranger>> strangers_;
};

}  // namespace quorate::sim
