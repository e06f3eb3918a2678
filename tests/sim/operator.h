// Who changes the voters of a simulated cluster, as a person with quoratectl does: adds an
// observer, removes a voter, or puts one replica in another's place in two steps.
#pragma once

#include <deque>
#include <vector>

#include "controller/voter_decisions.h"
#include "tests/sim/machine.h"

namespace quorate::sim {

class Operator {
 public:
  // The machines outlive the operator.
  Operator(const Surroundings& surroundings, std::vector<Machine*> machines)
      : surroundings_(surroundings), machines_(std::move(machines)) {}

  // Begins a command about a machine, unless one is under way. Each of its steps is asked of
  // whoever leads, again and again, until a leader says that it is done; the command is given up
  // after a while, wherever it is.
  void Begin(const Machine& machine);
  // Gives up what is under way.
  void Stop() { steps_.clear(); }

 private:
  void Plan(const Machine& machine);
  void Ask();
  // Some observer that is no voter; null: there is none.
  const Machine* FindObserver();

  const Surroundings surroundings_;
  const std::vector<Machine*> machines_;
  // That are to be done; the first one is being asked for.
  std::deque<controller::VoterChange> steps_;
  MonoTime deadline_;
  // Counts steps, so that an answer knows its own.
  int step_ = 0;
};

}  // namespace quorate::sim
