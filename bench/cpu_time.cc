#include "bench/cpu_time.h"

#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

#include "base/check.h"

namespace quorate::bench {

double CpuSeconds(const std::vector<pid_t>& processes) {
  int64_t ticks = 0;
  for (const pid_t pid : processes) {
    const std::string path = "/proc/" + std::to_string(pid) + "/stat";
    std::string text;
    CHECK(std::getline(std::ifstream(path), text)) << "cannot read " << path;
    // proc(5): the name, in parentheses, may contain any characters. utime and stime are fields 14
    // and 15, which are the 12th and 13th after the name.
    std::istringstream fields(text.substr(text.rfind(')') + 1));
    std::string skipped;
    for (int i = 0; i < 11; ++i) fields >> skipped;
    int64_t user = 0;
    int64_t kernel = 0;
    fields >> user >> kernel;
    CHECK(!fields.fail()) << "cannot parse " << path;
    ticks += user + kernel;
  }
  return static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace quorate::bench
