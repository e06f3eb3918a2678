// The faults of a chaos test, drawn from a seed before the test begins.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace quorate::testing {

enum class FaultKind {
  // Of one controller.
  kKillController,
  kStopController,       // SIGTERM
  kPauseController,      // SIGSTOP, then SIGCONT
  kIsolateController,    // drops everything between it and its peers
  kSeparateControllers,  // drops everything between two of them
  kSwallow,              // drops what one sends to another
  kCutPeers,             // resets its connections to its peers once
  kDelayPeers,
  // Of most controllers, and short.
  kKillAllControllers,
  kPauseTwoControllers,
  // Of one broker.
  kKillBroker,
  kStopBroker,
  kPauseBroker,
  // Of the paths from all brokers to one controller.
  kCutBrokers,  // resets the connections once
  kRefuseBrokers,
  kDropFromBrokers,  // drops everything, in one direction or in both
  kDropToBrokers,
  kDropBrokers,
  kDelayBrokers,
};

// Stands for the active controller at the time of the fault.
inline constexpr int kActive = 0;

struct Fault {
  FaultKind kind = FaultKind::kKillController;
  std::chrono::milliseconds begin{};
  std::chrono::milliseconds end{};
  // The controller or broker, from 1. A controller may be kActive.
  int target = 0;
  // The other controller of a fault between two: added to the target, modulo the number of
  // controllers. From 1.
  int distance = 1;

  // E.g. "pause controller 2 for 800 ms".
  std::string ToString() const;
};

struct FaultPlanOptions {
  uint64_t seed = 0;
  std::chrono::milliseconds duration{};
  int controllers = 3;
  int brokers = 4;
};

// Returns the faults, ordered by their begin. They all end within the duration. Faults of
// controllers do not overlap, so a majority of the controllers is whole except during the short
// faults of most of them. Each broker has its own faults, and so do the paths of the brokers.
std::vector<Fault> PlanFaults(const FaultPlanOptions& options);

}  // namespace quorate::testing
