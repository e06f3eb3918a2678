#include "tests/process/chaos/fault_plan.h"

#include <algorithm>
#include <functional>

#include "absl/strings/str_format.h"
#include "base/random.h"

namespace quorate::testing {
namespace {

using std::chrono::milliseconds;

// Draws from a range, both ends included.
milliseconds Draw(Rng& rng, int least, int most) {
  return milliseconds(least + static_cast<int>(rng.Below(static_cast<uint64_t>(most - least + 1))));
}

// How often a kind is drawn, relative to the others.
struct Weight {
  FaultKind kind;
  int weight;
};

FaultKind DrawKind(Rng& rng, const std::vector<Weight>& weights) {
  int total = 0;
  for (const Weight& weight : weights) total += weight.weight;
  int draw = static_cast<int>(rng.Below(static_cast<uint64_t>(total)));
  for (const Weight& weight : weights) {
    draw -= weight.weight;
    if (draw < 0) return weight.kind;
  }
  return weights.back().kind;
}

const std::vector<Weight> kControllerFaults = {
    {FaultKind::kKillController, 4},
    {FaultKind::kStopController, 1},
    {FaultKind::kPauseController, 3},
    {FaultKind::kIsolateController, 3},
    {FaultKind::kSeparateControllers, 2},
    {FaultKind::kSwallow, 2},
    {FaultKind::kCutPeers, 1},
    {FaultKind::kDelayPeers, 1},
    {FaultKind::kKillAllControllers, 1},
    {FaultKind::kPauseTwoControllers, 1},
};
const std::vector<Weight> kBrokerFaults = {
    {FaultKind::kKillBroker, 3},
    {FaultKind::kStopBroker, 1},
    {FaultKind::kPauseBroker, 2},
};
const std::vector<Weight> kPathFaults = {
    {FaultKind::kCutBrokers, 2},      {FaultKind::kRefuseBrokers, 1},
    {FaultKind::kDropFromBrokers, 1}, {FaultKind::kDropToBrokers, 1},
    {FaultKind::kDropBrokers, 1},     {FaultKind::kDelayBrokers, 1},
};

bool IsOfMostControllers(FaultKind kind) {
  return kind == FaultKind::kKillAllControllers || kind == FaultKind::kPauseTwoControllers;
}

const char* NameOf(FaultKind kind) {
  switch (kind) {
    case FaultKind::kKillController:
      return "kill controller";
    case FaultKind::kStopController:
      return "stop controller";
    case FaultKind::kPauseController:
      return "pause controller";
    case FaultKind::kIsolateController:
      return "isolate controller";
    case FaultKind::kSeparateControllers:
      return "separate controller";
    case FaultKind::kSwallow:
      return "drop what is sent by controller";
    case FaultKind::kCutPeers:
      return "reset the peer connections of controller";
    case FaultKind::kDelayPeers:
      return "delay the peer connections of controller";
    case FaultKind::kKillAllControllers:
      return "kill all controllers, at first controller";
    case FaultKind::kPauseTwoControllers:
      return "pause two controllers, at first controller";
    case FaultKind::kKillBroker:
      return "kill broker";
    case FaultKind::kStopBroker:
      return "stop broker";
    case FaultKind::kPauseBroker:
      return "pause broker";
    case FaultKind::kCutBrokers:
      return "reset the brokers' connections to controller";
    case FaultKind::kRefuseBrokers:
      return "refuse the brokers' connections to controller";
    case FaultKind::kDropFromBrokers:
      return "drop what brokers send to controller";
    case FaultKind::kDropToBrokers:
      return "drop what brokers receive from controller";
    case FaultKind::kDropBrokers:
      return "drop everything between the brokers and controller";
    case FaultKind::kDelayBrokers:
      return "delay the brokers' connections to controller";
  }
  return "?";
}

// Adds faults, one after the other with gaps, until the end of the test.
void AddLane(std::vector<Fault>& plan, milliseconds duration,
             const std::function<milliseconds()>& gap,
             const std::function<Fault(milliseconds begin)>& draw) {
  for (milliseconds now = gap();; now += gap()) {
    const Fault fault = draw(now);
    if (fault.end > duration) return;
    plan.push_back(fault);
    now = fault.end;
  }
}

}  // namespace

std::string Fault::ToString() const {
  return absl::StrFormat("%s %s for %d ms", NameOf(kind),
                         target == kActive ? "that is active" : std::to_string(target),
                         (end - begin).count());
}

std::vector<Fault> PlanFaults(const FaultPlanOptions& options) {
  Rng rng(options.seed);
  // One half of the faults of controllers meet the active one.
  const auto draw_controller = [&] {
    const bool active = rng.Below(2) == 0;
    const int controller =
        1 + static_cast<int>(rng.Below(static_cast<uint64_t>(options.controllers)));
    return active ? kActive : controller;
  };
  std::vector<Fault> plan;
  AddLane(
      plan, options.duration, [&] { return Draw(rng, 1000, 4000); },
      [&](milliseconds begin) {
        const FaultKind kind = DrawKind(rng, kControllerFaults);
        const int target = draw_controller();
        const int distance =
            1 + static_cast<int>(rng.Below(static_cast<uint64_t>(options.controllers - 1)));
        const int most = IsOfMostControllers(kind) ? 1500 : 5000;
        return Fault{kind, begin, begin + Draw(rng, 200, most), target, distance};
      });
  for (int broker = 1; broker <= options.brokers; ++broker) {
    AddLane(
        plan, options.duration, [&] { return Draw(rng, 2000, 14000); },
        [&](milliseconds begin) {
          return Fault{DrawKind(rng, kBrokerFaults), begin, begin + Draw(rng, 100, 6000), broker};
        });
  }
  AddLane(
      plan, options.duration, [&] { return Draw(rng, 3000, 8000); },
      [&](milliseconds begin) {
        return Fault{DrawKind(rng, kPathFaults), begin, begin + Draw(rng, 200, 6000),
                     draw_controller()};
      });
  std::stable_sort(plan.begin(), plan.end(),
                   [](const Fault& a, const Fault& b) { return a.begin < b.begin; });
  return plan;
}

}  // namespace quorate::testing
