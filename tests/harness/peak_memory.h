// The peak of a process's resident memory.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace quorate::testing {

// Returns the peak since the process started or since ForgetPeakMemory, in bytes.
int64_t PeakMemoryBytes(pid_t process);
// Begins a new peak at the present size.
void ForgetPeakMemory(pid_t process);

}  // namespace quorate::testing
