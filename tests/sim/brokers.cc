#include "tests/sim/brokers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/sim/controller_ports.h"

namespace quorate::sim {
namespace {

using controller::ProbeResult;
using controller::VoterAnswer;
using std::chrono::milliseconds;

constexpr Duration kReadLogPause = milliseconds(100);
constexpr Duration kPollTimeout = milliseconds(500);
constexpr Duration kProbeTimeout = milliseconds(1000);

const char* ToText(ClientPath path) {
  static constexpr const char* kTexts[] = {"is whole", "is refused", "swallows everything",
                                           "swallows answers", "swallows requests"};
  return kTexts[static_cast<size_t>(path)];
}

}  // namespace

Brokers::Brokers(Scheduler* scheduler, Network* network, Trace* trace, uint64_t seed)
    : scheduler_(*scheduler),
      network_(*network),
      trace_(*trace),
      rng_(seed),
      paths_(scheduler, &rng_),
      checks_(kSessionOptions.mass_loss_hold) {}

Brokers::~Brokers() = default;

void Brokers::Start(std::vector<Machine*> machines, const Swarm& swarm,
                    std::function<void(std::string)> fail) {
  machines_ = std::move(machines);
  fail_ = std::move(fail);
  fault_pause_ = milliseconds(200 << rng_.Below(4));
  fault_max_ = milliseconds(500 << rng_.Below(5));
  for (int id = 1; id <= kBrokers; ++id) {
    ids_.emplace_back(id);
    brokers_.push_back(std::make_unique<BrokerProcess>(
        BrokerProcess::Host{.scheduler = &scheduler_,
                            .paths = &paths_,
                            .rng = &rng_,
                            .machine = [this](NodeId node) { return Find(node); },
                            .next_stream = [this] { return ++last_stream_; },
                            .on_answered =
                                [this, id](NodeId from, Epoch epoch) {
                                  checks_.OnAnswered(BrokerId(id), epoch,
                                                     Find(from)->clock().Now());
                                }},
        BrokerId(id), swarm.Everybody()));
    brokers_.back()->Start();
  }
  ReadLog();
  scheduler_.After(swarm.calm, [this] { ScheduleFault(); });
}

void Brokers::ReadLog() {
  scheduler_.After(kReadLogPause, [this] {
    for (size_t i = 0; i < brokers_.size(); ++i) {
      Machine* machine = machines_[rng_.Below(machines_.size())];
      const bool hears = paths_.Get(ids_[i], machine->id()) == ClientPath::kWhole;
      if (!hears || !machine->up() || machine->process()->paused()) continue;
      const metadata::MetadataImage& image = machine->process()->user().image();
      brokers_[i]->OnMetadata(image.end_offset(), image.last_epoch());
    }
    KeepPartitions();
    ReadLog();
  });
}

void Brokers::KeepPartitions() {
  for (Machine* machine : machines_) {
    if (!machine->up() || machine->process()->paused()) continue;
    Process* process = machine->process();
    process->Run([this, process] { process->user().KeepPartitions(rng_, over_); });
  }
}

void Brokers::ScheduleFault() {
  scheduler_.After(RandomBetween(rng_, Duration(1), 2 * fault_pause_), [this] {
    if (over_) return;
    Machine* machine = machines_[rng_.Below(machines_.size())];
    const uint64_t kind = rng_.Below(4);
    const auto brokers = kind == 0 ? std::vector{ids_[rng_.Below(ids_.size())]} : ids_;
    const auto machines = kind == 3 ? machines_ : std::vector{machine};
    SetPaths(brokers, machines, DrawCut());
    scheduler_.After(RandomBetween(rng_, Duration(1), fault_max_), [this, brokers, machines] {
      if (!over_) SetPaths(brokers, machines, ClientPath::kWhole);
    });
    ScheduleFault();
  });
}

ClientPath Brokers::DrawCut() { return static_cast<ClientPath>(1 + rng_.Below(kClientPaths - 1)); }

void Brokers::SetPaths(const std::vector<BrokerId>& brokers, const std::vector<Machine*>& machines,
                       ClientPath path) {
  for (const BrokerId broker : brokers) {
    for (const Machine* machine : machines) SetPath(broker, machine->id(), path);
  }
}

void Brokers::SetPath(BrokerId broker, NodeId node, ClientPath path) {
  if (paths_.Get(broker, node) == path) return;
  if (trace_.enabled()) {
    trace_.Line(absl::StrCat("* the path from broker ", broker.value(), " to controller ",
                             node.value(), " ", ToText(path)));
  }
  paths_.Set(broker, node, path);
  const int change = ++changes_[{broker, node}];
  BrokerProcess* process = brokers_[static_cast<size_t>(broker.value()) - 1].get();
  if (path == ClientPath::kRefused) process->BreakStream(node);
  if (path == ClientPath::kWhole || path == ClientPath::kRefused) return;
  scheduler_.After(ClientPaths::kKeepalive, [this, broker, node, change, process] {
    if (changes_[{broker, node}] == change) process->BreakStream(node);
  });
}

void Brokers::Heal() {
  over_ = true;
  SetPaths(ids_, machines_, ClientPath::kWhole);
}

void Brokers::CutOff(const Machine* machine) {
  const ClientPath cut = DrawCut();
  for (Machine* each : machines_) {
    if (machine == nullptr || each == machine) SetPaths(ids_, {each}, cut);
  }
}

bool Brokers::AreInSession(Machine* machine) {
  if (!machine->up() || !machine->process()->user().leads()) return false;
  const Epoch epoch = machine->process()->user().leadership().epoch;
  return checks_.unfenced().size() == ids_.size() &&
         std::all_of(brokers_.begin(), brokers_.end(),
                     [epoch](const auto& broker) { return broker->session() == epoch; });
}

bool Brokers::LeadWherePreferred(Machine* machine) {
  return machine->up() && machine->process()->user().PreferredReplicasLead();
}

void Brokers::OnApplied(const raft::Entry& entry, const metadata::MetadataImage& image) {
  std::set<BrokerId> unfenced;
  for (const auto& [id, registration] : image.brokers()) {
    if (!registration->fenced) unfenced.insert(id);
  }
  const auto leader = leaders_.find(entry.epoch());
  // The leader is unknown at its barrier, which is the first entry of the epoch and fences no
  // broker.
  const MonoTime now = leader == leaders_.end() ? MonoTime() : Find(leader->second)->clock().Now();
  if (auto wrong = checks_.OnUnfenced(entry.epoch(), now, std::move(unfenced))) {
    fail_("invariant 15: " + *wrong);
  }
  if (auto wrong = leader_checks_.OnApplied(image)) fail_("invariant 16: " + *wrong);
}

void Brokers::OnClaimed(Epoch epoch, NodeId leader) {
  leaders_[epoch] = leader;
  checks_.OnClaimed(epoch, Find(leader)->clock().Now());
}

void Brokers::AskVoters(NodeId self, const std::vector<NodeId>& voters, Duration within,
                        absl::AnyInvocable<void(std::vector<VoterAnswer>) &&> done) {
  struct Round {
    std::vector<VoterAnswer> answers;
    size_t missing = 0;
    absl::AnyInvocable<void(std::vector<VoterAnswer>) &&> done;
    void End() {
      if (auto once = std::exchange(done, nullptr)) std::move(once)(std::move(answers));
    }
  };
  auto round = std::make_shared<Round>();
  round->missing = voters.size();
  round->done = std::move(done);
  scheduler_.After(kPollTimeout, [round] { round->End(); });
  for (const NodeId voter : voters) {
    network_.Pass(self, voter, [this, self, voter, within, round] {
      Process* process = Find(voter)->process();
      if (process == nullptr) return;
      process->Run([this, self, voter, within, round, process] {
        VoterAnswer answer{voter, process->user().HeardWithin(within)};
        network_.Pass(voter, self, [round, answer = std::move(answer)] {
          round->answers.push_back(answer);
          if (--round->missing == 0) round->End();
        });
      });
    });
  }
}

void Brokers::Probe(NodeId self, BrokerId broker, const Uuid& incarnation,
                    absl::AnyInvocable<void(ProbeResult) &&> done) {
  const ClientPath path = paths_.Get(broker, self);
  // On a refused path, the controller's client port refuses connections, but the broker's port does
  // not.
  const bool answers = path == ClientPath::kWhole || path == ClientPath::kRefused;
  const BrokerProcess& process = *brokers_[static_cast<size_t>(broker.value()) - 1];
  const ProbeResult result = !answers ? ProbeResult::kNoAnswer
                             : process.incarnation() == incarnation
                                 ? ProbeResult::kSameIncarnation
                                 : ProbeResult::kOtherIncarnation;
  scheduler_.After(answers ? milliseconds(1) : kProbeTimeout,
                   [result, done = std::move(done)]() mutable { std::move(done)(result); });
}

Machine* Brokers::Find(NodeId id) {
  return *std::find_if(machines_.begin(), machines_.end(),
                       [id](const Machine* machine) { return machine->id() == id; });
}

void ControllerPorts::Ask(const std::vector<NodeId>& voters, Duration within,
                          absl::AnyInvocable<void(std::vector<VoterAnswer>) &&> done) {
  brokers_->AskVoters(self_, voters, within, std::move(done));
}

void ControllerPorts::Probe(const metadata::Endpoint& /*endpoint*/, BrokerId broker,
                            const Uuid& incarnation,
                            absl::AnyInvocable<void(ProbeResult) &&> done) {
  brokers_->Probe(self_, broker, incarnation, std::move(done));
}

}  // namespace quorate::sim
