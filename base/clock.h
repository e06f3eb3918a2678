// Time as an injected port. Everything that waits uses monotonic time. Wall time is only for what
// people read and for the append times in the log.
#pragma once

#include <chrono>
#include <cstdint>

namespace quorate {

using Duration = std::chrono::nanoseconds;
using MonoTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;

// Means that there is no deadline, or no timer.
inline constexpr MonoTime kNever = MonoTime::max();

// Tells the time. SystemClock is the clock of a real process; tests and the simulator have their
// own.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonoTime Now() const = 0;
  // Returns milliseconds since the Unix epoch.
  virtual int64_t WallMs() const = 0;
};

// Reads the machine's clocks. Thread-safe.
class SystemClock final : public Clock {
 public:
  MonoTime Now() const override { return std::chrono::steady_clock::now(); }
  int64_t WallMs() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

inline int64_t ToMs(Duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

}  // namespace quorate
