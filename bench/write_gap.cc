#include "bench/write_gap.h"

#include <algorithm>
#include <csignal>
#include <thread>
#include <vector>

#include "base/check.h"
#include "bench/single_writer.h"
#include "bench/statistics.h"

namespace quorate::bench {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

WriteGap MeasureWriteGap(testing::Cluster& cluster, int signal, const std::string& prefix,
                         milliseconds attempt_timeout) {
  const int active = cluster.AwaitActive();
  SingleWriter writer(cluster, active % 3 + 1, prefix, attempt_timeout);
  std::this_thread::sleep_for(milliseconds(500));
  const auto hit = steady_clock::now();
  if (signal != kNoSignal) cluster.controller(active).Signal(signal);
  std::this_thread::sleep_for(milliseconds(signal == SIGSTOP ? 2500 : 1000));
  const std::vector<steady_clock::time_point> acknowledged = writer.Finish();
  CHECK_GT(acknowledged.size(), 2u) << "hardly anything was written";
  CHECK(acknowledged.back() > hit) << "no write was acknowledged after the signal";

  WriteGap result;
  std::vector<double> usual;
  for (size_t i = 1; i < acknowledged.size(); ++i) {
    const double gap = Milliseconds(acknowledged[i] - acknowledged[i - 1]);
    if (gap > result.gap_ms) {
      result.gap_ms = gap;
      result.gap_began_ms = Milliseconds(acknowledged[i - 1] - hit);
    }
    if (acknowledged[i] < hit) usual.push_back(gap);
  }
  std::sort(usual.begin(), usual.end());
  result.usual_ms = usual.empty() ? 0 : Percentile(usual, 0.5);

  if (signal == SIGSTOP) {
    cluster.controller(active).Signal(SIGCONT);
  } else if (signal != kNoSignal) {
    CHECK(cluster.controller(active).Wait(testing::kPatience)) << "it did not end";
    cluster.StartController(active);
  }
  cluster.AwaitReady();
  return result;
}

}  // namespace quorate::bench
