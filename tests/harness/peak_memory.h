// The resident memory of a process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace quorate::testing {

// Returns the present size, in bytes.
int64_t ResidentMemoryBytes(pid_t process);
// Returns the peak since the process started or since ForgetPeakMemory, in bytes.
int64_t PeakMemoryBytes(pid_t process);
// The same, or nullopt if the process has ended.
std::optional<int64_t> PeakMemoryWhileRunning(pid_t process);
// Begins a new peak at the present size.
void ForgetPeakMemory(pid_t process);

}  // namespace quorate::testing
