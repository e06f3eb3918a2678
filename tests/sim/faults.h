// Injects one random fault after the other into a simulated world, of the kinds that the seed
// enables, on random machines.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/sim/machine.h"
#include "tests/sim/operator.h"

namespace quorate::sim {

class Faults {
 public:
  // The machines outlive the faults.
  Faults(const Surroundings& surroundings, std::vector<Machine*> machines);

  // Starts injecting faults, until Heal.
  void Start();

  // Stops injecting faults. Heals a random majority of sound voters and some observers (all
  // machines if voters change), and the paths between them. The other machines stay as they are.
  // Returns the healed machines.
  std::vector<Machine*> Heal();

 private:
  void ScheduleNext();
  void Inject(FaultKind kind);
  void InjectIntoProcess(FaultKind kind, Machine* machine);
  void InjectIntoNetwork(FaultKind kind, Machine* machine);
  void InjectIntoDisk(FaultKind kind, Machine* machine);
  void Damage(FaultKind kind, Machine* machine);
  void CutBetween(const std::vector<Machine*>& from, const std::vector<Machine*>& to,
                  bool both_ways);
  void Cut(NodeId from, NodeId to, bool loses);
  // Removes some voters, but keeps a majority, and some observers from `core`.
  void LeaveOut(std::vector<Machine*>& core);
  void Separate(Machine* machine, const std::vector<Machine*>& core);

  // Runs `undo` after a random time, unless the world has been healed by then.
  void Later(std::function<void()> undo);
  Machine* PickMachine() { return machines_[rng_.Below(machines_.size())]; }
  std::vector<Machine*> Shuffled();
  // Returns whether every machine has the voter set.
  bool IsFounded() const;
  bool Toss() { return rng_.Below(2) == 0; }
  void Note(const Machine* machine, const std::string& what);

  const Surroundings surroundings_;
  Rng& rng_;
  const std::vector<Machine*> machines_;
  Operator operator_;
  bool over_ = false;
};

}  // namespace quorate::sim
