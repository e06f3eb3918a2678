// The systems that commit.cc compares: a group of servers, and one kind of write to them.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/host_port.h"

namespace quorate::bench {

struct LoadOptions {
  // The number of calls in flight at any time.
  int in_flight = 1;
  // The time before the measurement begins.
  std::chrono::milliseconds warm_up{500};
  std::chrono::milliseconds duration{2000};
};

// The results of the measured time only.
struct LoadResult {
  double seconds = 0;
  // One per answered call.
  std::vector<double> latencies_ms;
  // The CPU time of all servers together, in user and kernel mode.
  double server_cpu_seconds = 0;
};

// Servers that run from construction to destruction. Not thread-safe.
class System {
 public:
  virtual ~System() = default;
  virtual std::string name() const = 0;
  // Writes for the duration in `options`. A failed write ends the program.
  virtual LoadResult Load(const LoadOptions& options) = 0;
  virtual std::vector<pid_t> processes() const { return {}; }
  // The ports of the servers, for clients and for each other.
  virtual std::vector<HostPort> listeners() const { return {}; }
};

// The size of a write, as the sum of key and value. It is the same for all systems.
inline constexpr size_t kWriteBytes = 128;
// The number of keys, which the writes use in turn.
inline constexpr int kKeys = 64;

}  // namespace quorate::bench
