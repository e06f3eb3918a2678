// The clients of a simulated cluster: they append values and read, on one controller or another,
// and write down what they were told.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "tests/sim/machine.h"

namespace quorate::sim {

class Clients {
 public:
  // The machines outlive the clients.
  Clients(const Surroundings& surroundings, std::vector<Machine*> machines)
      : surroundings_(surroundings), machines_(std::move(machines)) {}

  // Begins to work, for ever.
  void Start() { ScheduleNext(); }

 private:
  void ScheduleNext();
  void Append();
  void Read();
  // Mostly the one that leads; sometimes another, or one that believes it does.
  Machine* PickForAppend();
  Machine* PickAny() { return machines_[surroundings_.rng->Below(machines_.size())]; }

  const Surroundings surroundings_;
  const std::vector<Machine*> machines_;
  int64_t values_ = 0;
};

}  // namespace quorate::sim
