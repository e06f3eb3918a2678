// How server/ names a broker's heartbeat stream, and how it says that one has ended.
#pragma once

#include <cstdint>

namespace quorate::controller {

// Names one heartbeat stream, as server/ numbers them; from 1 on, never used again.
using StreamId = uint64_t;

// How a heartbeat stream ended.
enum class StreamEnd {
  kBroken,        // without a word: the broker may have died
  kReconnecting,  // Goodbye{reconnecting}
  kStopping,      // Goodbye{stopping}: the process ends
};

}  // namespace quorate::controller
