// Those that reach the peer ports of a simulated cluster and do not belong to it: they say Hello
// under a voter's node id with a directory id of their own, or under a node id that nobody has, and
// then well-formed nonsense of every kind, with plausible numbers and extreme ones. What they say
// must move nothing (checks/stranger_checks.h), and the cluster must work on beside them.
//
// They learn epochs and indexes from what leaders tell an observer. What they do not do is to show
// the directory ids that they could learn: who passes for a voter cannot be told from it without
// authentication.
#pragma once

#include <memory>
#include <vector>

#include "tests/sim/surroundings.h"

namespace quorate::sim {

class Stranger;

class Strangers {
 public:
  // As the swarm has it.
  explicit Strangers(const Surroundings& surroundings);
  ~Strangers();

  // Begin; they never end.
  void Start();

 private:
  // What they have learnt, all of them together.
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
