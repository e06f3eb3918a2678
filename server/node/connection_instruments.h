// What a listener counts of its new connections (server/calls/connection_gate.h).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/instruments.h"

namespace quorate::server {

// Why a new connection was closed.
enum class ConnectionClosed {
  kHostLimit,
  kWaitingLimit,
  kTimeout,
  kHttp1,
  kUnknownBytes,
  kSlowHandshake
};
inline constexpr size_t kConnectionClosedReasons = 6;
// As the label of a metric has them.
inline constexpr const char* kConnectionClosedNames[kConnectionClosedReasons] = {
    "host_limit", "waiting_limit", "timeout", "http1", "unknown_bytes", "slow_handshake"};

struct ConnectionInstruments {
  std::atomic<size_t> waiting{0};
  std::atomic<size_t> opening{0};
  std::array<Counter, kConnectionClosedReasons> closed;

  const Counter& Closed(ConnectionClosed reason) const {
    return closed[static_cast<size_t>(reason)];
  }
};

}  // namespace quorate::server
