// Counts the calls of one method of a listener, whatever its protocol. Each method owns its
// instruments, so a call looks nothing up.
#pragma once

#include <array>
#include <cstddef>

#include "base/instruments.h"
#include "base/time.h"

namespace quorate::server {

struct CallInstruments {
  // The number of gRPC's status codes, which are 0 (OK) to 16.
  static constexpr size_t kCodes = 17;

  // Calls that ended, by status code.
  std::array<Counter, kCodes> ended;
  // From the arrival of a call until its answer is handed to the network.
  Histogram seconds{Histogram::kSeconds};

  // A call has ended with `code` after `time`. Any thread; does not block.
  void Ended(int code, Duration time) {
    // A code that gRPC does not define becomes UNKNOWN.
    const auto index = static_cast<size_t>(code);
    ended[index < kCodes ? index : 2].Add();
    seconds.Observe(time);
  }
};

}  // namespace quorate::server
