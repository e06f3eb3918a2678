// The CPU time of running processes.
#pragma once

#include <sys/types.h>

#include <vector>

namespace quorate::bench {

// Returns the seconds that all threads of these processes have spent in user and kernel mode so
// far, with a resolution of 10 ms. CHECKs that the processes run.
double CpuSeconds(const std::vector<pid_t>& processes);

}  // namespace quorate::bench
