// What goes wrong in a simulated world, and when: one random fault after the other, of the kinds
// that the seed has turned on, on any machines.
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

  // Begins; goes on until Heal.
  void Start();

  // No more faults, and a random majority of sound voters and some observers (all, where voters
  // change) work, with the paths between them, as they should; the others stay as they are. Returns
  // those that work.
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
  // Some voters, but for a majority, and any observers.
  void LeaveOut(std::vector<Machine*>& core);
  void Separate(Machine* machine, const std::vector<Machine*>& core);

  // Runs `undo` after a while, unless the world was healed by then.
  void Later(std::function<void()> undo);
  Machine* PickMachine() { return machines_[rng_.Below(machines_.size())]; }
  std::vector<Machine*> Shuffled();
  // Every machine has the voter set.
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
