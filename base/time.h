// Values of time. Everything that waits uses monotonic time. Wall time is only for what people read
// and for the append times in the log.
#pragma once

#include <chrono>
#include <cstdint>

namespace quorate {

using Duration = std::chrono::nanoseconds;
using MonoTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;

// Means that there is no deadline, or no timer.
inline constexpr MonoTime kNever = MonoTime::max();

inline int64_t ToMs(Duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

}  // namespace quorate
