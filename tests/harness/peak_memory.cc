#include "tests/harness/peak_memory.h"

#include <fstream>
#include <optional>
#include <string>

#include "base/check.h"

namespace quorate::testing {

namespace {

// Returns the value of a line such as "VmRSS:   1234 kB". A process that has ended has no such
// line.
std::optional<int64_t> FindBytes(pid_t process, const std::string& key) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key)) return std::stoll(line.substr(key.size())) * 1024;
  }
  return std::nullopt;
}

int64_t Bytes(pid_t process, const std::string& key) {
  const std::optional<int64_t> bytes = FindBytes(process, key);
  CHECK(bytes) << "process " << process << " does not run";
  return *bytes;
}

}  // namespace

int64_t ResidentMemoryBytes(pid_t process) { return Bytes(process, "VmRSS:"); }

int64_t PeakMemoryBytes(pid_t process) { return Bytes(process, "VmHWM:"); }

std::optional<int64_t> PeakMemoryWhileRunning(pid_t process) {
  return FindBytes(process, "VmHWM:");
}

void ForgetPeakMemory(pid_t process) {
  std::ofstream("/proc/" + std::to_string(process) + "/clear_refs") << "5";
}

}  // namespace quorate::testing
