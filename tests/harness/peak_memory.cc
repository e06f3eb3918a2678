#include "tests/harness/peak_memory.h"

#include <fstream>
#include <string>

#include "base/check.h"

namespace quorate::testing {

int64_t PeakMemoryBytes(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6)) * 1024;
  }
  LOG(FATAL) << "process " << process << " does not run";
}

void ForgetPeakMemory(pid_t process) {
  std::ofstream("/proc/" + std::to_string(process) + "/clear_refs") << "5";
}

}  // namespace quorate::testing
