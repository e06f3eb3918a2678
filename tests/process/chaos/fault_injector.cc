#include "tests/process/chaos/fault_injector.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <thread>

#include "absl/strings/str_format.h"

namespace quorate::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Direction = FaultProxy::Direction;

constexpr milliseconds kDelay{40};
constexpr milliseconds kJitter{40};

// One end of a fault.
struct Step {
  milliseconds at{};
  size_t fault = 0;
  bool is_begin = false;
};

std::vector<Step> StepsOf(const std::vector<Fault>& plan) {
  std::vector<Step> steps;
  for (size_t i = 0; i < plan.size(); ++i) {
    steps.push_back({.at = plan[i].begin, .fault = i, .is_begin = true});
    steps.push_back({.at = plan[i].end, .fault = i, .is_begin = false});
  }
  std::stable_sort(steps.begin(), steps.end(),
                   [](const Step& a, const Step& b) { return a.at < b.at; });
  return steps;
}

bool IsOfBroker(FaultKind kind) {
  return kind == FaultKind::kKillBroker || kind == FaultKind::kStopBroker ||
         kind == FaultKind::kPauseBroker;
}

}  // namespace

FaultInjector::FaultInjector(Cluster* cluster, Violations* violations)
    : cluster_(*cluster), violations_(*violations) {}

void FaultInjector::Run(const std::vector<Fault>& plan) {
  const auto start = steady_clock::now();
  std::vector<int> targets(plan.size());
  for (const Step& step : StepsOf(plan)) {
    while (steady_clock::now() < start + step.at) {
      LookAfterMembers();
      std::this_thread::sleep_for(std::min<steady_clock::duration>(
          milliseconds(100), start + step.at - steady_clock::now()));
    }
    const Fault& fault = plan[step.fault];
    int& target = targets[step.fault];
    if (step.is_begin) {
      target = Resolve(fault);
      Narrate(fault.ToString() + (fault.target == kActive ? absl::StrFormat(" (%d)", target) : ""));
      Begin(fault, target);
    } else {
      End(fault, target);
      Narrate("end of: " + fault.ToString());
    }
  }
  for (int node = 1; node <= cluster_.options().controllers; ++node) Running({true, node});
  for (int broker = 1; broker <= cluster_.options().brokers; ++broker) Running({false, broker});
  LookAfterMembers();
}

void FaultInjector::Begin(const Fault& fault, int target) {
  switch (fault.kind) {
    case FaultKind::kKillController:
      return Kill({true, target});
    case FaultKind::kStopController:
      return Stop({true, target});
    case FaultKind::kPauseController:
      return Running({true, target}).Signal(SIGSTOP);
    case FaultKind::kIsolateController:
      return cluster_.Isolate(target);
    case FaultKind::kSeparateControllers:
      return cluster_.Separate(target, OtherOf(target, fault));
    case FaultKind::kSwallow:
      return cluster_.Swallow(target, OtherOf(target, fault));
    case FaultKind::kCutPeers:
      return ForEachPeerProxy(target, [](FaultProxy& proxy) { proxy.Cut(); });
    case FaultKind::kDelayPeers:
      return ForEachPeerProxy(target, [](FaultProxy& proxy) { proxy.Delay(kDelay, kJitter); });
    case FaultKind::kKillAllControllers:
      Kill({true, target});
      for (const int other : cluster_.Others(target)) Kill({true, other});
      return;
    case FaultKind::kPauseTwoControllers:
      Running({true, target}).Signal(SIGSTOP);
      return Running({true, OtherOf(target, fault)}).Signal(SIGSTOP);
    case FaultKind::kKillBroker:
      return Kill({false, target});
    case FaultKind::kStopBroker:
      return Stop({false, target});
    case FaultKind::kPauseBroker:
      return Running({false, target}).Signal(SIGSTOP);
    case FaultKind::kCutBrokers:
      return cluster_.ClientProxy(target).Cut();
    case FaultKind::kRefuseBrokers:
      return cluster_.ClientProxy(target).Refuse();
    case FaultKind::kDropFromBrokers:
      return cluster_.ClientProxy(target).Blackhole(Direction::kToUpstream);
    case FaultKind::kDropToBrokers:
      return cluster_.ClientProxy(target).Blackhole(Direction::kToClient);
    case FaultKind::kDropBrokers:
      return cluster_.ClientProxy(target).Blackhole(Direction::kBoth);
    case FaultKind::kDelayBrokers:
      return cluster_.ClientProxy(target).Delay(kDelay, kJitter);
  }
}

void FaultInjector::End(const Fault& fault, int target) {
  switch (fault.kind) {
    case FaultKind::kKillController:
    case FaultKind::kStopController:
      return Restart({true, target});
    case FaultKind::kPauseController:
      return cluster_.controller(target).Signal(SIGCONT);
    case FaultKind::kIsolateController:
    case FaultKind::kSeparateControllers:
    case FaultKind::kSwallow:
    case FaultKind::kCutPeers:
    case FaultKind::kDelayPeers:
      return cluster_.Rejoin(target);
    case FaultKind::kKillAllControllers:
      Restart({true, target});
      for (const int other : cluster_.Others(target)) Restart({true, other});
      return;
    case FaultKind::kPauseTwoControllers:
      cluster_.controller(target).Signal(SIGCONT);
      return cluster_.controller(OtherOf(target, fault)).Signal(SIGCONT);
    case FaultKind::kKillBroker:
    case FaultKind::kStopBroker:
      return Restart({false, target});
    case FaultKind::kPauseBroker:
      return cluster_.broker(target).Signal(SIGCONT);
    case FaultKind::kCutBrokers:
    case FaultKind::kRefuseBrokers:
    case FaultKind::kDropFromBrokers:
    case FaultKind::kDropToBrokers:
    case FaultKind::kDropBrokers:
    case FaultKind::kDelayBrokers:
      return cluster_.ClientProxy(target).Forward();
  }
}

Process& FaultInjector::ProcessOf(const Member& member) {
  return member.is_controller ? cluster_.controller(member.number) : cluster_.broker(member.number);
}

Process& FaultInjector::Running(const Member& member) {
  if (stopping_.contains(member)) {
    ProcessOf(member).Wait(kPatience);
    FinishStop(member);
  }
  return ProcessOf(member);
}

void FaultInjector::Kill(const Member& member) {
  Running(member).Kill();
  down_.insert(member);
}

void FaultInjector::Stop(const Member& member) {
  Running(member).Signal(SIGTERM);
  down_.insert(member);
}

void FaultInjector::Restart(const Member& member) {
  stopping_[member] = steady_clock::now() + kPatience;
  FinishStop(member);
}

void FaultInjector::Start(const Member& member) {
  down_.erase(member);
  if (member.is_controller) {
    cluster_.StartController(member.number);
  } else {
    cluster_.StartBroker(member.number);
  }
}

bool FaultInjector::FinishStop(const Member& member) {
  Process& process = ProcessOf(member);
  const bool is_overdue = steady_clock::now() >= stopping_.at(member);
  if (process.Running() && !is_overdue) return false;
  const std::optional<ExitStatus> status = process.Wait(milliseconds(0));
  if (!status || (status->code != 0 && status->signal != SIGKILL)) {
    violations_.Add(absl::StrFormat("%s: the process was asked to stop and %s", process.log_path(),
                                    status ? "ended with " + status->ToString() : "does not"));
  }
  process.Kill();
  stopping_.erase(member);
  Start(member);
  return true;
}

void FaultInjector::LookAfterMembers() {
  const auto look = [&](const Member& member) {
    if (stopping_.contains(member)) {
      FinishStop(member);
    } else if (!down_.contains(member) && !ProcessOf(member).Running()) {
      violations_.Add(ProcessOf(member).log_path() + ": the process has ended by itself");
      Start(member);
    }
  };
  for (int node = 1; node <= cluster_.options().controllers; ++node) look({true, node});
  for (int broker = 1; broker <= cluster_.options().brokers; ++broker) look({false, broker});
}

int FaultInjector::FindActive() {
  int best = 1;
  int best_epoch = -1;
  for (int node = 1; node <= cluster_.options().controllers; ++node) {
    const auto seen = cluster_.QuorumSeenBy(node);
    if (!seen || seen->leader_id() < 1 || seen->epoch() <= best_epoch) continue;
    best = seen->leader_id();
    best_epoch = seen->epoch();
  }
  return best;
}

int FaultInjector::Resolve(const Fault& fault) {
  return IsOfBroker(fault.kind) || fault.target != kActive ? fault.target : FindActive();
}

int FaultInjector::OtherOf(int target, const Fault& fault) const {
  return (target - 1 + fault.distance) % cluster_.options().controllers + 1;
}

void FaultInjector::ForEachPeerProxy(int node, const std::function<void(FaultProxy&)>& fn) {
  for (const int other : cluster_.Others(node)) {
    fn(cluster_.PeerProxy(node, other));
    fn(cluster_.PeerProxy(other, node));
  }
}

}  // namespace quorate::testing
