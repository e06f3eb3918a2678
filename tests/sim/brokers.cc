#include "tests/sim/brokers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/sim/checks/partition_states.h"
#include "tests/sim/controller_ports.h"
#include "tests/sim/isr_requests.h"

namespace quorate::sim {
namespace {

using controller::ProbeResult;
using controller::VoterAnswer;
using std::chrono::milliseconds;

constexpr Duration kReadLogPause = milliseconds(100);
// The longest delay of a request about ISRs.
constexpr Duration kLongestRequest = milliseconds(3000);
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
      checks_(kSessionOptions.mass_loss_hold),
      admin_(scheduler, trace, &rng_, &partition_checks_) {}

Brokers::~Brokers() = default;

void Brokers::Start(std::vector<Machine*> machines, const Swarm& swarm,
                    std::function<void(std::string)> fail) {
  machines_ = std::move(machines);
  fail_ = std::move(fail);
  fault_pause_ = milliseconds(200 << rng_.Below(4));
  fault_max_ = milliseconds(500 << rng_.Below(5));
  outage_pause_ = milliseconds(500 << rng_.Below(5));
  outage_max_ = milliseconds(50 << rng_.Below(7));
  controllers_ = swarm.Everybody();
  brokers_.resize(kBrokers);
  for (int id = 1; id <= kBrokers; ++id) {
    ids_.emplace_back(id);
    StartBroker(BrokerId(id));
  }
  ReadLog();
  admin_.Start(machines_);
  scheduler_.After(swarm.calm, [this] {
    ScheduleFault();
    ScheduleOutage();
  });
}

void Brokers::StartBroker(BrokerId id) {
  auto& process = brokers_[static_cast<size_t>(id.value()) - 1];
  if (process != nullptr) ended_.push_back(std::move(process));
  BrokerProcess::Host host{.scheduler = &scheduler_,
                           .paths = &paths_,
                           .rng = &rng_,
                           .machine = [this](NodeId node) { return Find(node); },
                           .next_stream = [this] { return ++last_stream_; },
                           .on_answered =
                               [this, id](NodeId from, Epoch epoch) {
                                 checks_.OnAnswered(id, epoch, Find(from)->clock().Now());
                               },
                           .on_released =
                               [this, id] {
                                 if (auto wrong = registration_checks_.OnReleased(id))
                                   fail_("invariant 17: " + *wrong);
                               },
                           .on_stopped = [this, id] { OnStopped(id); }};
  process = std::make_unique<BrokerProcess>(std::move(host), id, controllers_);
  process->Start();
}

void Brokers::OnStopped(BrokerId id) {
  if (trace_.enabled()) trace_.Line(absl::StrCat("* broker ", id.value(), " has ended"));
  const Duration away = over_ ? Duration(1) : RandomBetween(rng_, Duration(1), outage_max_);
  scheduler_.After(away, [this, id] {
    if (!ProcessOf(id).alive()) StartBroker(id);
  });
}

void Brokers::ScheduleOutage() {
  scheduler_.After(RandomBetween(rng_, Duration(1), 2 * outage_pause_), [this] {
    if (over_) return;
    const BrokerId id = ids_[rng_.Below(ids_.size())];
    BrokerProcess& process = ProcessOf(id);
    const bool kills = rng_.Below(2) == 0;
    if (process.alive() && kills) {
      process.Kill();
      OnStopped(id);
    } else if (process.alive()) {
      if (trace_.enabled()) trace_.Line(absl::StrCat("* broker ", id.value(), " is to stop"));
      registration_checks_.OnStopping(process.incarnation());
      process.Shutdown();
    }
    ScheduleOutage();
  });
}

void Brokers::ReadLog() {
  scheduler_.After(kReadLogPause, [this] {
    for (const BrokerId id : ids_) {
      Machine* machine = machines_[rng_.Below(machines_.size())];
      const bool hears = paths_.Get(id, machine->id()) == ClientPath::kWhole;
      BrokerProcess& process = ProcessOf(id);
      if (!process.alive() || !hears || !machine->up() || machine->process()->paused()) continue;
      process.OnMetadata(machine->process()->user().image());
      registration_checks_.OnReplayed(process.incarnation(), process.image().end_offset());
    }
    RequestIsrs();
    ReadLog();
  });
}

void Brokers::RequestIsrs() {
  for (const BrokerId id : ids_) {
    BrokerProcess& process = ProcessOf(id);
    // It leads partitions once it has replayed its own registration.
    const auto* registration = process.image().FindBroker(id);
    const bool is_registered =
        registration != nullptr && registration->incarnation_id == process.incarnation();
    if (!process.alive() || !is_registered) continue;
    const auto request = MakeIsrRequest(process.image(), id, rng_, over_);
    if (!request) continue;
    const std::string principal = absl::StrCat("isr ", ++isr_requests_);
    partition_checks_.OnRequest(principal, *request);
    const bool is_late = !over_ && rng_.Below(4) == 0;
    const Duration delay =
        is_late ? RandomBetween(rng_, Duration(1), kLongestRequest) : Duration(0);
    process.SendIsrs(*request, principal, delay);
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
  if (path == ClientPath::kRefused) ProcessOf(broker).BreakStream(node);
  if (path == ClientPath::kWhole || path == ClientPath::kRefused) return;
  scheduler_.After(ClientPaths::kKeepalive, [this, broker, node, change] {
    if (changes_[{broker, node}] == change) ProcessOf(broker).BreakStream(node);
  });
}

void Brokers::Heal() {
  over_ = true;
  admin_.Stop();
  SetPaths(ids_, machines_, ClientPath::kWhole);
  for (const BrokerId id : ids_) {
    if (!ProcessOf(id).alive()) StartBroker(id);
  }
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
         std::all_of(brokers_.begin(), brokers_.end(), [epoch](const auto& broker) {
           return broker->session() == epoch && !broker->stopping();
         });
}

std::string Brokers::FindUnfinishedPartition(Machine* machine) {
  const metadata::MetadataImage& image = machine->process()->user().image();
  if (image.FindTopicByName(TopicAdmin::kTopic) == nullptr) return TopicAdmin::kTopic;
  std::string unfinished;
  image.ForEachTopic([&](const metadata::TopicPtr& topic) {
    for (int32_t i = 0; i < topic->partition_count(); ++i) {
      const metadata::PartitionView partition = topic->partition(i);
      if (!partition.leader() || partition.isr_count() < partition.replica_count() ||
          IsReassigning(partition)) {
        unfinished = absl::StrCat(topic->name(), "-", i);
      }
    }
  });
  return unfinished;
}

bool Brokers::IsLeaving(BrokerId id) const {
  const BrokerProcess& process = ProcessOf(id);
  const metadata::BrokerRegistration* registration = last_.FindBroker(id);
  return !process.alive() || process.stopping() || registration == nullptr ||
         registration->incarnation_id != process.incarnation();
}

bool Brokers::LeadWherePreferred(Machine* machine) {
  return machine->up() && machine->process()->user().PreferredReplicasLead();
}

void Brokers::OnApplied(const raft::Entry& entry, const metadata::MetadataImage& image) {
  std::set<BrokerId> unfenced;
  std::set<BrokerId> leaving;
  for (const BrokerId id : ids_) {
    const metadata::BrokerRegistration* registration = image.FindBroker(id);
    if (registration != nullptr && !registration->fenced) unfenced.insert(id);
    if (registration == nullptr || IsLeaving(id)) leaving.insert(id);
  }
  const auto leader = leaders_.find(entry.epoch());
  // The leader is unknown at its barrier, which is the first entry of the epoch and fences no
  // broker.
  const MonoTime now = leader == leaders_.end() ? MonoTime() : Find(leader->second)->clock().Now();
  if (auto wrong = checks_.OnUnfenced(entry.epoch(), now, std::move(unfenced), leaving)) {
    fail_("invariant 15: " + *wrong);
  }
  const std::string& principal = entry.header().principal;
  if (auto wrong = partition_checks_.OnApplied(principal, image)) fail_("invariant 16: " + *wrong);
  if (auto wrong = registration_checks_.OnApplied(principal, entry.header().cause, image)) {
    fail_("invariant 17: " + *wrong);
  }
  last_ = image;
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
  const BrokerProcess& process = ProcessOf(broker);
  const ProbeResult result = !answers           ? ProbeResult::kNoAnswer
                             : !process.alive() ? ProbeResult::kRefused
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
