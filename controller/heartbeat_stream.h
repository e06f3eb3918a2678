// Defines how server/ names a broker's heartbeat stream and reports its end.
#pragma once

#include <cstdint>

namespace quorate::controller {

// Names one heartbeat stream. server/ numbers streams from 1 and never reuses a number.
using StreamId = uint64_t;

// How a heartbeat stream ended.
enum class StreamEnd {
  kBroken,        // without a Goodbye: the broker may have died
  kReconnecting,  // Goodbye{reconnecting}
  kStopping,      // Goodbye{stopping}: the process ends
};

}  // namespace quorate::controller
