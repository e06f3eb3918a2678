// What commit.cc compares: some servers, and one kind of write to them.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace quorate::bench {

struct LoadOptions {
  // Calls that wait for their answer at any time.
  int in_flight = 1;
  // Not measured.
  std::chrono::milliseconds warm_up{500};
  std::chrono::milliseconds duration{2000};
};

// Of the measured time only.
struct LoadResult {
  double seconds = 0;
  // One for each call that was answered.
  std::vector<double> latencies_ms;
  // What all servers together spent, in user and kernel mode.
  double server_cpu_seconds = 0;
};

// Servers that run from construction to destruction. Not thread-safe.
class System {
 public:
  virtual ~System() = default;
  virtual std::string name() const = 0;
  // Keeps writing for as long as `options` says. A write that fails ends the program.
  virtual LoadResult Load(const LoadOptions& options) = 0;
};

// Of a write, as the sum of what it names and what it says: the same for all systems.
inline constexpr size_t kWriteBytes = 128;
// The writes go to so many keys in turn.
inline constexpr int kKeys = 64;

}  // namespace quorate::bench
