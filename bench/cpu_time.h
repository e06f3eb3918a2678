// The CPU time of running processes.
#pragma once

#include <sys/types.h>

#include <vector>

namespace quorate::bench {

// Seconds that these processes, all threads, have spent in user and kernel mode so far; to 10 ms.
// CHECKs that they run.
double CpuSeconds(const std::vector<pid_t>& processes);

}  // namespace quorate::bench
