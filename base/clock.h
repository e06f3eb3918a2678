// Time as an injected port. Code that only handles values of time includes base/time.h instead.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/time.h"

namespace quorate {

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

}  // namespace quorate
