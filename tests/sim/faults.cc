#include "tests/sim/faults.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace quorate::sim {
namespace {

// The largest jump of a clock.
constexpr Duration kLeapMax = std::chrono::seconds(2);
constexpr int64_t kShiftMaxMs = 3'600'000;

}  // namespace

Faults::Faults(const Surroundings& surroundings, std::vector<Machine*> machines)
    : surroundings_(surroundings),
      rng_(*surroundings.rng),
      machines_(std::move(machines)),
      operator_(surroundings, machines_) {}

void Faults::Start() {
  const auto most = static_cast<int64_t>(surroundings_.swarm->drift_ppm);
  for (Machine* machine : machines_) {
    machine->clock().SetDriftPpm(static_cast<int64_t>(rng_.Below(2 * most + 1)) - most);
  }
  surroundings_.scheduler->After(surroundings_.swarm->calm, [this] {
    for (Machine* machine : machines_) machine->SetCrashPpm(surroundings_.swarm->crash_ppm);
    if (!surroundings_.swarm->faults.empty()) ScheduleNext();
  });
}

void Faults::ScheduleNext() {
  const Swarm& swarm = *surroundings_.swarm;
  surroundings_.scheduler->After(RandomBetween(rng_, Duration(1), 2 * swarm.fault_pause), [this] {
    if (over_) return;
    const std::vector<FaultKind>& kinds = surroundings_.swarm->faults;
    Inject(kinds[rng_.Below(kinds.size())]);
    ScheduleNext();
  });
}

void Faults::Inject(FaultKind kind) {
  Machine* machine = PickMachine();
  switch (kind) {
    case FaultKind::kCrash:
      return machine->Crash("crashes");
    case FaultKind::kStop:
      return machine->Stop();
    case FaultKind::kPause:
    case FaultKind::kTransfer:
    case FaultKind::kHangDisk:
      if (machine->up()) InjectIntoProcess(kind, machine);
      return;
    case FaultKind::kChangeVoters:
      // A node that is not founded yet has the first voters in its configuration and could not join
      // others.
      if (IsFounded()) operator_.Begin(*machine);
      return;
    case FaultKind::kIsolate:
    case FaultKind::kSplit:
    case FaultKind::kCutOneWay:
    case FaultKind::kClog:
    case FaultKind::kReset:
      return InjectIntoNetwork(kind, machine);
    case FaultKind::kSlowDisk:
    case FaultKind::kFillDisk:
    case FaultKind::kFailWrite:
      return InjectIntoDisk(kind, machine);
    case FaultKind::kWipeDisk:
    case FaultKind::kFlipBit:
    case FaultKind::kMisdirectWrite:
    case FaultKind::kDamageSnapshot:
      return Damage(kind, machine);
    case FaultKind::kLeapAhead:
      Note(machine, "has its clock leap ahead");
      return machine->clock().LeapAhead(RandomBetween(rng_, Duration(0), kLeapMax));
    case FaultKind::kShiftWall:
      Note(machine, "has its wall clock set");
      return machine->clock().ShiftWall(static_cast<int64_t>(rng_.Below(2 * kShiftMaxMs)) -
                                        kShiftMaxMs);
  }
}

void Faults::InjectIntoProcess(FaultKind kind, Machine* machine) {
  Process* process = machine->process();
  if (kind == FaultKind::kPause) {
    Note(machine, "stands still");
    process->Pause();
    Later([this, machine, process] {
      if (machine->process() == process) Note(machine, "goes on");
      process->Resume();
    });
  } else if (kind == FaultKind::kHangDisk) {
    Note(machine, "has its disk hang");
    process->HangDisk();
    Later([process] { process->ReleaseDisk(); });
  } else {
    const NodeId target = PickMachine()->id();
    const bool to_target = Toss() && target != machine->id();
    Note(machine, "is asked to hand over");
    process->node()->TransferLeadership(to_target ? std::optional(target) : std::nullopt,
                                        [](const absl::Status&) {});
  }
}

void Faults::InjectIntoNetwork(FaultKind kind, Machine* machine) {
  std::vector<Machine*> some = Shuffled();
  std::vector<Machine*> others;
  switch (kind) {
    case FaultKind::kIsolate:
      std::erase(some, machine);
      return CutBetween({machine}, some, /*both_ways=*/Toss() || Toss());
    case FaultKind::kSplit:
      others.assign(some.begin() + static_cast<std::ptrdiff_t>(rng_.Below(some.size())),
                    some.end());
      some.resize(some.size() - others.size());
      return CutBetween(some, others, /*both_ways=*/true);
    default:
      break;
  }
  std::erase(some, machine);
  if (some.empty()) return;
  const Machine* other = some.front();
  if (kind == FaultKind::kCutOneWay) {
    CutBetween({machine}, {some.front()}, /*both_ways=*/false);
  } else if (kind == FaultKind::kClog) {
    Note(machine, absl::StrCat("has its path to ", other->id().value(), " clogged"));
    surroundings_.network->Clog(machine->id(), other->id(),
                                RandomBetween(rng_, Duration(1), surroundings_.swarm->fault_max));
  } else {
    Note(machine, absl::StrCat("has its connections with ", other->id().value(), " reset"));
    surroundings_.network->Reset(machine->id(), other->id());
  }
}

void Faults::InjectIntoDisk(FaultKind kind, Machine* machine) {
  if (kind == FaultKind::kFillDisk) {
    Note(machine, "has its disk nearly full");
    machine->SetDiskFull(true);
    Later([machine] { machine->SetDiskFull(false); });
  } else if (kind == FaultKind::kSlowDisk) {
    Note(machine, "has its disk slow");
    machine->SetDiskSlow(true);
    Later([machine] { machine->SetDiskSlow(false); });
  } else {
    Note(machine, "has its next write fail");
    machine->FailNextWrite(Toss() ? storage::MemoryKv::FailedWrite::kLost
                                  : storage::MemoryKv::FailedWrite::kKept);
  }
}

// A majority must keep its disks, or acknowledged entries would be lost. Until every controller has
// the voter set, the cluster needs all of them.
void Faults::Damage(FaultKind kind, Machine* machine) {
  if (!IsFounded() || !surroundings_.electorate->CanLose(machine->voter().key)) return;
  if (machine->damaged() && kind != FaultKind::kWipeDisk) return;
  if (kind == FaultKind::kWipeDisk) {
    machine->WipeDisk();
  } else if (kind == FaultKind::kFlipBit) {
    Note(machine, "has a bit of its disk flipped");
    machine->FlipBit();
  } else if (kind == FaultKind::kDamageSnapshot) {
    machine->DamageSnapshot();
  } else {
    Note(machine, "has a write go astray");
    machine->MisdirectWrite();
  }
}

void Faults::CutBetween(const std::vector<Machine*>& from, const std::vector<Machine*>& to,
                        bool both_ways) {
  const bool loses = Toss();
  for (const Machine* a : from) {
    for (const Machine* b : to) {
      Cut(a->id(), b->id(), loses);
      if (both_ways) Cut(b->id(), a->id(), loses);
    }
  }
}

void Faults::Cut(NodeId from, NodeId to, bool loses) {
  surroundings_.trace->Line(absl::StrCat("* the path from ", from.value(), " to ", to.value(),
                                         loses ? " is cut" : " is blocked"));
  surroundings_.network->Cut(from, to, loses);
  Later([this, from, to] {
    surroundings_.trace->Line(
        absl::StrCat("* the path from ", from.value(), " to ", to.value(), " is whole"));
    surroundings_.network->Heal(from, to);
  });
}

std::vector<Machine*> Faults::Heal() {
  over_ = true;
  operator_.Stop();
  std::vector<Machine*> core = Shuffled();
  std::erase_if(core, [](const Machine* machine) { return machine->damaged(); });
  // A controller that is not founded needs all others. If voters change, it is unknown here which
  // set is in effect.
  const bool any_majority = IsFounded() && !surroundings_.swarm->Has(FaultKind::kChangeVoters);
  if (any_majority) LeaveOut(core);
  for (Machine* machine : machines_) {
    machine->SetCrashPpm(0);
    machine->SetSupervised(false);
  }
  for (Machine* machine : core) {
    Note(machine, "is healed");
    for (const Machine* other : core) surroundings_.network->Heal(machine->id(), other->id());
    machine->SetSupervised(true);
    machine->RepairDisk();
    machine->StartOrResume();
  }
  for (Machine* machine : machines_) {
    if (std::find(core.begin(), core.end(), machine) == core.end()) Separate(machine, core);
  }
  return core;
}

void Faults::LeaveOut(std::vector<Machine*>& core) {
  const raft::VoterSet& voters = surroundings_.electorate->governing();
  const auto is_voter = [&voters](const Machine* m) { return voters.Contains(m->voter().key); };
  const auto sound = static_cast<size_t>(std::count_if(core.begin(), core.end(), is_voter));
  size_t spare = rng_.Below(sound - voters.Majority() + 1);
  std::erase_if(core, [&](const Machine* machine) {
    if (!is_voter(machine)) return Toss();
    return spare > 0 && spare-- > 0;
  });
}

// Treats the whole majority alike: a leader outside it that reaches only a part of it could stay
// leader and keep the others from ever receiving more.
void Faults::Separate(Machine* machine, const std::vector<Machine*>& core) {
  const bool hears = Toss();
  const bool speaks = Toss();
  for (const Machine* other : core) {
    surroundings_.network->Heal(machine->id(), other->id());
    surroundings_.network->Heal(other->id(), machine->id());
  }
  if (!speaks) CutBetween({machine}, core, /*both_ways=*/false);
  if (!hears) CutBetween(core, {machine}, /*both_ways=*/false);
}

void Faults::Later(std::function<void()> undo) {
  surroundings_.scheduler->After(RandomBetween(rng_, Duration(1), surroundings_.swarm->fault_max),
                                 [this, undo = std::move(undo)] {
                                   if (!over_) undo();
                                 });
}

bool Faults::IsFounded() const {
  return std::all_of(machines_.begin(), machines_.end(),
                     [](const Machine* machine) { return machine->founded(); });
}

std::vector<Machine*> Faults::Shuffled() {
  std::vector<Machine*> machines = machines_;
  for (size_t i = machines.size(); i > 1; --i) std::swap(machines[i - 1], machines[rng_.Below(i)]);
  return machines;
}

void Faults::Note(const Machine* machine, const std::string& what) {
  surroundings_.trace->Line(absl::StrCat("* controller ", machine->id().value(), " ", what));
}

}  // namespace quorate::sim
