#include "server/metrics/process_metrics.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <ctime>
#include <string>

#include "absl/strings/numbers.h"
#include "base/version.h"

namespace quorate::server {
namespace {

// Returns the value of the sample, or NaN if the page does not have it.
double ValueOf(const std::string& page, const std::string& sample) {
  const size_t begin = page.find("\n" + sample + " ");
  if (begin == std::string::npos) return NAN;
  const size_t value = begin + sample.size() + 2;
  double number = NAN;
  (void)!absl::SimpleAtod(page.substr(value, page.find('\n', value) - value), &number);
  return number;
}

std::string Render() {
  MetricsPage page;
  AddProcessMetrics("some-program", page);
  return page.Render();
}

TEST(ProcessMetricsTest, DescribesThisProcess) {
  const std::string page = Render();
  EXPECT_EQ(ValueOf(page, std::string("quorate_build_info{program=\"some-program\",version=\"") +
                              Version() + "\"}"),
            1);
  EXPECT_LE(ValueOf(page, "process_start_time_seconds"), static_cast<double>(time(nullptr)) + 2);
  EXPECT_GT(ValueOf(page, "process_start_time_seconds"),
            static_cast<double>(time(nullptr)) - 86'400);
  EXPECT_GT(ValueOf(page, "process_cpu_seconds_total"), 0);
  EXPECT_NEAR(ValueOf(page, "quorate_clock_seconds"), static_cast<double>(time(nullptr)), 60);
  EXPECT_GT(ValueOf(page, "process_resident_memory_bytes"), 1 << 20);
  EXPECT_GT(ValueOf(page, "process_virtual_memory_bytes"),
            ValueOf(page, "process_resident_memory_bytes"));
  EXPECT_EQ(ValueOf(page, "quorate_log_lines_dropped_total"), 0);
}

TEST(ProcessMetricsTest, CountsDescriptors) {
  const double before = ValueOf(Render(), "process_open_fds");
  EXPECT_GE(before, 3);
  const int extra = open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(ValueOf(Render(), "process_open_fds"), before + 1);
  close(extra);
  EXPECT_GE(ValueOf(Render(), "process_max_fds"), before);
}

}  // namespace
}  // namespace quorate::server
