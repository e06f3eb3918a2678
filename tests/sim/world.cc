#include "tests/sim/world.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "absl/strings/str_format.h"

namespace quorate::sim {
namespace {

// All machines are started within this time.
constexpr Duration kStartWithin = std::chrono::milliseconds(100);
// The simulated time within which a healed majority must work again.
constexpr Duration kProgressWithin = std::chrono::seconds(30);
// The simulated time in which the effects of earlier faults end.
constexpr Duration kSettleWithin = std::chrono::seconds(1);

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
  if (swarm_.broker_seed) {
    brokers_ = std::make_unique<Brokers>(&scheduler_, &network_, &trace_, *swarm_.broker_seed);
  }
  const Surroundings surroundings{.scheduler = &scheduler_,
                                  .rng = &rng_,
                                  .swarm = &swarm_,
                                  .network = &network_,
                                  .invariants = &invariants_,
                                  .electorate = &electorate_,
                                  .ledger = &ledger_,
                                  .brokers = brokers_.get(),
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
  if (brokers_) {
    brokers_->Start(machines, swarm_, [this](std::string what) { Fail(std::move(what)); });
  }
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
          .partitions = brokers_ ? brokers_->partition_counts() : PartitionChecks::Counts(),
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

// Returns whether the logs allow any of these controllers to win an election: it is a voter by its
// own log, and a majority of the voters in that log are among the controllers and have no newer
// log. Every majority of a voter set has such a member, unless the set is being changed. Example:
//
//   1 2 3  are the voters; 3 leads epoch 1 and appends voters=1,2,3,4, which only 3 gets
//   1      is elected by 2, appends an entry of epoch 2, which only the observer 4 gets
//
// Then 1 is lost. Now 2 is behind 3; 3 needs three of four votes, and 4, which it needs, is ahead
// of it; and 4 is an observer by its own log, so it does not stand.
bool World::CanElect(const std::vector<Machine*>& core) const {
  std::vector<const NodeRecord*> nodes;
  for (Machine* machine : core) {
    const NodeRecord* node = invariants_.cluster().Find(machine->key());
    if (machine->up() && node != nullptr) nodes.push_back(node);
  }
  const auto last = [](const NodeRecord* node) {
    return std::pair(node->now.last.epoch, node->now.last_index);
  };
  return std::any_of(nodes.begin(), nodes.end(), [&](const NodeRecord* candidate) {
    const raft::VoterSet& voters = *candidate->now.voters;
    const auto votes = std::count_if(nodes.begin(), nodes.end(), [&](const NodeRecord* voter) {
      return voters.Contains(voter->key) && last(voter) <= last(candidate);
    });
    return voters.Contains(candidate->key) && static_cast<size_t>(votes) >= voters.Majority();
  });
}

// Checks that in a healed majority a change is made and answered, a read is answered, and all
// members receive everything that is committed.
void World::CheckProgress() {
  const std::vector<Machine*> core = faults_->Heal();
  if (brokers_) brokers_->Heal();
  clients_->Hurry();
  MonoTime end = scheduler_.now() + kProgressWithin;
  const size_t logged = ledger_.logged();
  const size_t answered = ledger_.answered();
  const size_t reads = ledger_.reads();
  const auto works = [&] {
    return ledger_.logged() > logged && ledger_.answered() > answered && ledger_.reads() > reads;
  };
  if (!RunUntil(end, works)) {
    if (failure_) return;
    if (swarm_.Has(FaultKind::kChangeVoters) && !CanElect(core)) {
      return trace_.Line("* no log can win an election");
    }
    // With the smallest windows of the swarm, a follower receives fewer entries than the clients
    // cause. No request is then answered in time before the clients send fewer.
    clients_->SlowDown();
    end = scheduler_.now() + kProgressWithin;
    if (!RunUntil(end, works)) return Fail("healed, no change is made, or no request is answered");
  }
  // If new snapshots kept appearing, a slow transfer would never end. With the smallest windows, a
  // follower may be seconds behind by now.
  clients_->Stop();
  end = scheduler_.now() + kProgressWithin;
  const RecordOffset target = ledger_.end_offset();
  const auto caught_up = [&] {
    return std::all_of(core.begin(), core.end(), [&](Machine* machine) {
      return IsStranded(*machine) ||
             (machine->up() && machine->process()->user().end_offset() >= target);
    });
  };
  if (!RunUntil(end, caught_up)) {
    return Fail(absl::StrFormat(
        "healed, not every controller has what is committed up to offset %d", target.value()));
  }
  if (brokers_) CheckBrokers(core);
}

void World::CheckBrokers(const std::vector<Machine*>& core) {
  Machine* active = nullptr;
  const auto in_session = [&] {
    const auto leader = std::find_if(machines_.begin(), machines_.end(), [&](const auto& machine) {
      return brokers_->AreInSession(machine.get());
    });
    active = leader == machines_.end() ? nullptr : leader->get();
    return active != nullptr;
  };
  const auto until = [this](Duration within, const std::function<bool()>& done) {
    return RunUntil(scheduler_.now() + within, done);
  };
  if (!until(kProgressWithin, in_session)) {
    return Fail("healed, not every broker is unfenced and in session");
  }
  std::string unfinished;
  const auto are_finished = [&] {
    if (in_session()) unfinished = Brokers::FindUnfinishedPartition(active);
    return active != nullptr && unfinished.empty();
  };
  if (!until(kProgressWithin, are_finished)) {
    return Fail("healed, not every replica is in sync, or a reassignment does not complete: " +
                unfinished);
  }
  const auto lead_where_preferred = [&] {
    return std::any_of(machines_.begin(), machines_.end(), [&](const auto& machine) {
      return brokers_->AreInSession(machine.get()) && Brokers::LeadWherePreferred(machine.get());
    });
  };
  if (swarm_.leader_balance_interval > Duration(0) &&
      !until(kProgressWithin, lead_where_preferred)) {
    return Fail("healed, a partition is not led by its first replica");
  }
  // After this, no heartbeat is waiting for an answer that was lost earlier.
  until(kSettleWithin, [] { return false; });
  if (!until(kProgressWithin, in_session)) return Fail("a broker is fenced or lost in peace");
  const auto others_can_lead = [&](const Machine* but) {
    return std::any_of(core.begin(), core.end(), [&](const Machine* machine) {
      return machine != but && electorate_.governing().Contains(machine->key());
    });
  };
  const Machine* cut_off = active;
  const auto is_handed_over = [&] { return in_session() && active != cut_off; };
  brokers_->CutOff(cut_off);
  if (others_can_lead(cut_off) && !until(kProgressWithin, is_handed_over)) {
    return Fail(absl::StrFormat("controller %d is cut off from all brokers, and leads on",
                                cut_off->id().value()));
  }
  // Counts from here, because a broker that needs longer than the grace to find the new leader is
  // fenced.
  const size_t fences = brokers_->fences();
  brokers_->CutOff(nullptr);
  until(Brokers::kSessionOptions.mass_loss_hold / 2, [] { return false; });
  if (brokers_->fences() > fences) return Fail("brokers are fenced, and none of them has died");
  brokers_->Heal();
  if (!until(kProgressWithin, in_session)) return Fail("not every broker comes back");
  cut_off = active;
  brokers_->CutOff(nullptr);
  if (!until(kProgressWithin, [&] { return brokers_->AreFenced(); })) {
    return Fail("brokers are lost to all controllers, and never fenced");
  }
  brokers_->Heal();
  brokers_->CutOff(cut_off);
  if (others_can_lead(cut_off) && !until(kProgressWithin, is_handed_over)) {
    return Fail(
        absl::StrFormat("controller %d is cut off from all brokers, which are fenced, and leads on",
                        cut_off->id().value()));
  }
}

// Only the first failure counts. Later ones may be consequences.
void World::Fail(std::string what) {
  if (failure_) return;
  trace_.Line("* FAILED: " + what);
  failure_ = std::move(what);
}

}  // namespace quorate::sim
