// Changes the voters of a simulated cluster like an operator with quoratectl: adds an observer,
// removes a voter, or replaces one replica by another in two steps.
#pragma once

#include <deque>
#include <vector>

#include "controller/decide/voters/voter_decisions.h"
#include "tests/sim/machine.h"

namespace quorate::sim {

class Operator {
 public:
  // The machines outlive the operator.
  Operator(const Surroundings& surroundings, std::vector<Machine*> machines)
      : surroundings_(surroundings), machines_(std::move(machines)) {}

  // Begins a command about a machine unless one is in progress. The operator repeats each step at
  // the current leader until a leader reports that it is done. After some time it gives the command
  // up, at any step.
  void Begin(const Machine& machine);
  // Gives up the command in progress.
  void Stop() { steps_.clear(); }

 private:
  void Plan(const Machine& machine);
  void Ask();
  // Returns an observer that is not a voter, or null if there is none.
  const Machine* FindObserver();

  const Surroundings surroundings_;
  const std::vector<Machine*> machines_;
  // The remaining steps. The first one is in progress.
  std::deque<controller::VoterChange> steps_;
  MonoTime deadline_;
  // Counts steps, so that an answer can be matched to its step.
  int step_ = 0;
};

}  // namespace quorate::sim
