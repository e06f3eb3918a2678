#include "server/metrics/process_metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "base/background_log.h"
#include "base/version.h"
#include "server/metrics/metric_table.h"

namespace quorate::server {
namespace {

std::string ReadLine(const char* path, const std::string& prefix = "") {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with(prefix)) return line.substr(prefix.size());
  }
  return "";
}

// Returns the number at `position` of a line of fields, or nullopt if it is missing.
std::optional<double> NumberAt(const std::string& line, size_t position) {
  const std::vector<std::string> fields = absl::StrSplit(line, ' ', absl::SkipEmpty());
  double number = 0;
  if (position >= fields.size() || !absl::SimpleAtod(fields[position], &number)) {
    return std::nullopt;
  }
  return number;
}

// Returns the start of the process in seconds since the Unix epoch.
std::optional<double> StartTime() {
  const std::string stat = ReadLine("/proc/self/stat");
  // The second field is the name of the program in parentheses, which may hold anything. The start,
  // in clock ticks since boot, is the 22nd field.
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  const auto start = NumberAt(stat.substr(name_end + 1), 19);
  const auto boot = NumberAt(ReadLine("/proc/stat", "btime "), 0);
  if (!start || !boot) return std::nullopt;
  return *boot + *start / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double CpuTime() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::optional<double> OpenDescriptors() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return std::nullopt;
  // Without ".", ".." and the descriptor of the directory itself.
  int count = -3;
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count;
}

}  // namespace

void AddProcessMetrics(const std::string& program, MetricsPage& page) {
  const auto add = [&page](const Metric& metric, std::optional<double> value) {
    if (value) page.Add(metric, *value);
  };
  page.Add(kBuildInfo, 1, {{"program", program}, {"version", std::string(Version())}});
  add(kProcessStartTime, StartTime());
  add(kClock, Seconds(std::chrono::system_clock::now().time_since_epoch()));
  add(kProcessCpu, CpuTime());
  const std::string memory = ReadLine("/proc/self/statm");
  const auto page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE));
  if (const auto pages = NumberAt(memory, 1)) add(kProcessResidentMemory, *pages * page_bytes);
  if (const auto pages = NumberAt(memory, 0)) add(kProcessVirtualMemory, *pages * page_bytes);
  add(kProcessOpenDescriptors, OpenDescriptors());
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    add(kProcessMaxDescriptors, static_cast<double>(limit.rlim_cur));
  }
  page.Add(kLogLinesDropped, BackgroundLog::DroppedLines());
}

}  // namespace quorate::server
