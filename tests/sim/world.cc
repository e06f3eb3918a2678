#include "tests/sim/world.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "absl/strings/str_format.h"

namespace quorate::sim {
namespace {

// Within which machines are switched on.
constexpr Duration kStartWithin = std::chrono::milliseconds(100);
// Of simulated time, for a healed majority to work again.
constexpr Duration kProgressWithin = std::chrono::seconds(30);

Swarm DrawSwarm(Rng& rng, const RunOptions& options) {
  Swarm swarm = Swarm::Draw(rng, options.voters, options.observers);
  if (options.no_strangers) swarm.strangers = 0;
  swarm.length = options.length.value_or(swarm.length);
  return swarm;
}

}  // namespace

World::World(const RunOptions& options)
    : rng_(options.seed),
      swarm_(DrawSwarm(rng_, options)),
      trace_(&scheduler_, options.trace),
      network_(&scheduler_, &rng_, swarm_.network) {
  const Surroundings surroundings{.scheduler = &scheduler_,
                                  .rng = &rng_,
                                  .swarm = &swarm_,
                                  .network = &network_,
                                  .invariants = &invariants_,
                                  .electorate = &electorate_,
                                  .ledger = &ledger_,
                                  .trace = &trace_,
                                  .fail = [this](std::string what) { Fail(std::move(what)); }};
  std::vector<Machine*> machines;
  raft::VoterSet founders;
  for (const NodeId id : swarm_.Everybody()) {
    machines_.push_back(std::make_unique<Machine>(surroundings, id));
    machines.push_back(machines_.back().get());
    if (!machines.back()->is_observer()) founders = founders.With(machines.back()->voter());
    scheduler_.After(RandomBetween(rng_, Duration(0), kStartWithin),
                     [machine = machines.back()] { machine->Start(); });
  }
  electorate_.Found(std::move(founders));
  clients_ = std::make_unique<Clients>(surroundings, machines);
  clients_->Start();
  faults_ = std::make_unique<Faults>(surroundings, std::move(machines));
  faults_->Start();
  strangers_ = std::make_unique<Strangers>(surroundings);
  strangers_->Start();
}

World::~World() = default;

RunResult World::Run() {
  RunUntil(Scheduler::kStart + swarm_.length, [] { return false; });
  if (!failure_) CheckProgress();
  if (!failure_) {
    if (auto contradiction = ledger_.FindContradiction())
      Fail("not linearizable: " + *contradiction);
  }
  return {.failure = failure_,
          .length = scheduler_.now() - Scheduler::kStart,
          .tasks = scheduler_.tasks_run(),
          .elections = invariants_.cluster().elections(),
          .installs = invariants_.cluster().installs(),
          .disk_exits = invariants_.cluster().disk_exits(),
          .voter_changes = electorate_.changes(),
          .answered = ledger_.answered(),
          .reads = ledger_.reads()};
}

bool World::RunUntil(MonoTime end, const std::function<bool()>& done) {
  while (scheduler_.RunNext(end)) {
    if (invariants_.broken()) {
      std::ostringstream text;
      text << invariants_.violations().front();
      Fail(text.str());
    }
    if (failure_) return false;
    if (done()) return true;
  }
  return false;
}

bool World::IsStranded(const Machine& machine) const {
  const raft::VoterSet& governing = electorate_.governing();
  const NodeRecord* record = invariants_.cluster().Find(machine.key());
  if (record == nullptr || governing.Contains(machine.key())) return false;
  return std::any_of(
      governing.voters().begin(), governing.voters().end(),
      [&](const raft::Voter& voter) { return record->distrusted.contains(voter.key); });
}

// Of a healed majority: a change is made and answered, a read is answered, and all of it have what
// is committed.
void World::CheckProgress() {
  const std::vector<Machine*> core = faults_->Heal();
  clients_->Hurry();
  const MonoTime end = scheduler_.now() + kProgressWithin;
  const size_t logged = ledger_.logged();
  const size_t answered = ledger_.answered();
  const size_t reads = ledger_.reads();
  const auto works = [&] {
    return ledger_.logged() > logged && ledger_.answered() > answered && ledger_.reads() > reads;
  };
  if (!RunUntil(end, works)) return Fail("healed, no change is made, or no request is answered");
  // Where there are always newer snapshots, a slow transfer has no end.
  clients_->Stop();
  const RecordOffset target = ledger_.end_offset();
  const auto caught_up = [&] {
    return std::all_of(core.begin(), core.end(), [&](Machine* machine) {
      return IsStranded(*machine) ||
             (machine->up() && machine->process()->user().end_offset() >= target);
    });
  };
  if (!RunUntil(end, caught_up)) {
    Fail(absl::StrFormat("healed, not every controller has what is committed up to offset %d",
                         target.value()));
  }
}

// What follows from the first failure tells nothing.
void World::Fail(std::string what) {
  if (failure_) return;
  trace_.Line("* FAILED: " + what);
  failure_ = std::move(what);
}

}  // namespace quorate::sim
