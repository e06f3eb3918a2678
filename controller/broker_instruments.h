// Counts what the active controller sees of the brokers: registrations, heartbeats, and why brokers
// are fenced.
#pragma once

#include <array>
#include <cstddef>

#include "base/instruments.h"

namespace quorate::controller {

// Why a broker is fenced. The first five are the ways in which a session ends
// (broker_sessions.h).
enum class FenceCause {
  kStopped,             // its stream said that the process stops
  kProvedDead,          // its stream broke and a dial proved the death
  kDidNotReturn,        // its stream broke and it did not come back within the grace
  kDidNotReconnect,     // it closed its stream to reconnect and did not within the grace
  kSilent,              // no heartbeat arrived within the session timeout
  kControlledShutdown,  // its controlled shutdown is complete
  kRequested,           // its heartbeat asked for it
};
inline constexpr size_t kFenceCauses = 7;

struct BrokerInstruments {
  // Registrations that were appended.
  Counter registrations;
  Counter unfences;
  std::array<Counter, kFenceCauses> fences;
  // Registrations that were dropped because the broker was idle.
  Counter idle_drops;
  // How much later than its interval after the previous one a heartbeat was processed.
  Histogram heartbeat_lateness{Histogram::kSeconds};

  void CountFence(FenceCause cause) { fences[static_cast<size_t>(cause)].Add(); }
};

}  // namespace quorate::controller
