// Measures how much a snapshot adds to the latency of writes, with three real controllers, a broker
// and much metadata, at half of the maximum load.
//
//   bench/snapshot [--records N] [--partitions N] [--in-flight N] [--seconds N] [--log-bytes N]
//                  [--controller PROGRAM]
//
// First measures the throughput with --in-flight writes in flight. Then sends writes at half that
// rate on a fixed schedule, independent of earlier answers, and measures each from its scheduled
// time to its answer. Meanwhile every controller writes a snapshot, each at its turn, whenever the
// log has grown by --log-bytes. The window around each snapshot and the nearest earlier window of
// the same length without any snapshot form a pair. For comparison, that calm window forms another
// pair with the next earlier calm window.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/check.h"
#include "bench/config_writes.h"
#include "bench/metadata_fill.h"
#include "bench/program.h"
#include "bench/snapshot_watch.h"
#include "bench/snapshot_windows.h"
#include "bench/statistics.h"
#include "tests/harness/cluster.h"

namespace quorate::bench {
namespace {

constexpr int kControllers = 3;
constexpr double kLoad = 0.5;
// The work before the file appears and after it is complete also belongs to the snapshot: its image
// is requested, and entries and older files are removed.
constexpr std::chrono::milliseconds kMargin{100};

struct Options {
  int64_t records = 1'000'000;
  int partitions = 99;
  int in_flight = 64;
  int seconds = 90;
  int64_t log_bytes = 2'500'000;
  // The quorate-controller to run. If it is empty, the one built with this benchmark runs.
  std::string controller;
};

std::vector<std::string> ControllerFlags(const Options& options) {
  return {"--snapshot-min-log-bytes=" + std::to_string(options.log_bytes),
          "--snapshot-log-ratio=0"};
}

double FullThroughput(ConfigWrites& writes, const Options& options) {
  const LoadResult full = writes.Run({.in_flight = options.in_flight,
                                      .warm_up = std::chrono::seconds(2),
                                      .duration = std::chrono::seconds(5)},
                                     {});
  return static_cast<double>(full.latencies_ms.size()) / full.seconds;
}

void PrintSpans(const std::vector<SnapshotSpan>& spans, int active) {
  std::vector<double> lengths_ms;
  int of_active = 0;
  for (const SnapshotSpan& span : spans) {
    lengths_ms.push_back(Milliseconds(span.ended - span.begun));
    of_active += span.node == active ? 1 : 0;
  }
  std::printf("%zu snapshots, %d of them the active controller's, of %.0f ms at the median\n\n",
              spans.size(), of_active, Median(lengths_ms));
}

// Prints the pooled latencies of all windows, and the added latency: the median and the middle half
// of the difference between the p99 of the second and of the first window of a pair.
void PrintPairs(const std::string& who, const std::vector<WindowPair>& pairs,
                const std::vector<PacedCall>& calls) {
  std::vector<double> calm_ms;
  std::vector<double> during_ms;
  std::vector<double> added_ms;
  for (const WindowPair& pair : pairs) {
    const std::vector<double> before = LatenciesDueIn(pair.calm, calls);
    const std::vector<double> in = LatenciesDueIn(pair.during, calls);
    if (before.empty() || in.empty()) continue;
    added_ms.push_back(Percentile(in, 0.99) - Percentile(before, 0.99));
    calm_ms.insert(calm_ms.end(), before.begin(), before.end());
    during_ms.insert(during_ms.end(), in.begin(), in.end());
  }
  if (added_ms.empty()) return;
  for (std::vector<double>* values : {&calm_ms, &during_ms, &added_ms}) {
    std::sort(values->begin(), values->end());
  }
  std::printf("%-10s %6zu  %7.2f %7.2f  %7.2f %7.2f  %7.1f %7.1f  %7.2f (%.2f to %.2f)\n",
              who.c_str(), added_ms.size(), Percentile(calm_ms, 0.5), Percentile(during_ms, 0.5),
              Percentile(calm_ms, 0.99), Percentile(during_ms, 0.99), calm_ms.back(),
              during_ms.back(), Percentile(added_ms, 0.5), Percentile(added_ms, 0.25),
              Percentile(added_ms, 0.75));
}

void Print(const std::vector<SnapshotSpan>& spans, const std::vector<PacedCall>& calls,
           int active) {
  PrintSpans(spans, active);
  std::printf("%-10s %6s  %-15s  %-15s  %-15s  %s\n", "writer", "pairs", "p50 ms", "p99 ms",
              "max ms", "added to p99, ms");
  std::printf("%-10s %6s  %7s %7s  %7s %7s  %7s %7s  %s\n", "", "", "calm", "during", "calm",
              "during", "calm", "during", "median (middle half)");
  const SnapshotWindows windows(spans, kMargin, calls.front().due);
  const auto is_active = [active](int node) { return node == active; };
  PrintPairs("active", windows.Pairs(is_active), calls);
  PrintPairs("follower", windows.Pairs(std::not_fn(is_active)), calls);
  PrintPairs("any", windows.Pairs([](int) { return true; }), calls);
  PrintPairs("nobody", windows.CalmPairs(), calls);
}

void Measure(const Options& options) {
  testing::Cluster cluster({.controllers = kControllers,
                            .brokers = 1,
                            .controller_program = options.controller,
                            .controller_flags = ControllerFlags(options),
                            .broker_flags = {"--log-level=warning"}});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  CreateWrittenTopics(client);
  FillMetadata(cluster, options.records, options.partitions);

  const int active = cluster.AwaitActive();
  ConfigWrites writes(*ParseHostPort(cluster.ControllerEndpoint(active)), ConfigWrite());
  const double full = FullThroughput(writes, options);
  std::printf("%.0f writes a second with %d in flight; now %.0f a second\n", full,
              options.in_flight, kLoad * full);
  std::fflush(stdout);

  std::map<int, std::string> directories;
  for (int node = 1; node <= kControllers; ++node) {
    directories[node] = cluster.ControllerDirectory(node);
  }
  SnapshotWatch watch(directories);
  const std::vector<PacedCall> calls = writes.RunPaced(
      {.calls_per_second = kLoad * full, .duration = std::chrono::seconds(options.seconds)});
  const std::vector<SnapshotSpan> spans = watch.Stop();
  CHECK_EQ(cluster.AwaitActive(), active) << "another controller leads now; measure again";
  CHECK(!spans.empty()) << "no snapshot was written: give --seconds more or --log-bytes less";
  Print(spans, calls, active);
}

int Main(int argc, char** argv) {
  CLI::App app("Measures how much a snapshot adds to the latency of writes at half load.",
               "snapshot");
  Options options;
  app.add_option("--records", options.records, "The number of topics and partitions together")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  app.add_option("--partitions", options.partitions, "The number of partitions of each topic")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--in-flight", options.in_flight, "The number of writes in flight at full load")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "How long to write at half load")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  app.add_option("--log-bytes", options.log_bytes,
                 "The growth of the log between two snapshots of a controller")
      ->check(CLI::Range(1, 1 << 30))
      ->capture_default_str();
  app.add_option("--controller", options.controller,
                 "The quorate-controller of another build, to compare builds or settings")
      ->check(CLI::ExistingFile);
  CLI11_PARSE(app, argc, argv);
  Measure(options);
  return 0;
}

}  // namespace
}  // namespace quorate::bench

int main(int argc, char** argv) {
  return quorate::bench::RunProgram("snapshot", quorate::bench::Main, argc, argv);
}
