// What goes wrong in a simulated world, and when: one random fault after the other, of the kinds
// that the seed has turned on, on any machines.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/sim/machine.h"

namespace quorate::sim {

class Faults {
 public:
  // The machines outlive the faults.
  Faults(const Surroundings& surroundings, std::vector<Machine*> machines);

  // Begins; goes on until Heal.
  void Start();

  // No more faults, and a random majority of sound machines (all, where voters change) works, with
  // the paths between them, as it should; the others stay as they are. Returns that majority.
  std::vector<Machine*> Heal();

 private:
  void ScheduleNext();
  void Inject(FaultKind kind);
  void InjectIntoProcess(FaultKind kind, Machine* machine);
  // A leader makes a controller a voter, or no longer one.
  void ChangeVoters();
  void InjectIntoNetwork(FaultKind kind, Machine* machine);
  void InjectIntoDisk(FaultKind kind, Machine* machine);
  void Damage(FaultKind kind, Machine* machine);
  void CutBetween(const std::vector<Machine*>& from, const std::vector<Machine*>& to,
                  bool both_ways);
  void Cut(NodeId from, NodeId to, bool loses);
  void Separate(Machine* machine, const std::vector<Machine*>& core);

  // Runs `undo` after a while, unless the world was healed by then.
  void Later(std::function<void()> undo);
  Machine* PickMachine() { return machines_[rng_.Below(machines_.size())]; }
  std::vector<Machine*> Shuffled();
  // Every machine has the voter set.
  bool IsFounded() const;
  size_t Majority() const { return machines_.size() / 2 + 1; }
  bool Toss() { return rng_.Below(2) == 0; }
  void Note(const Machine* machine, const std::string& what);

  const Surroundings surroundings_;
  Rng& rng_;
  const std::vector<Machine*> machines_;
  bool over_ = false;
};

}  // namespace quorate::sim
