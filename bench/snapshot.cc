// What a snapshot adds to the latency of writes: three real controllers and a broker, with much
// metadata, at half the load that they can carry.
//
//   bench/snapshot [--records N] [--partitions N] [--in-flight N] [--seconds N] [--log-bytes N]
//                  [--controller PROGRAM]
//
// First the throughput with --in-flight writes under way; then writes come at half that rate, each
// at its time whatever became of those before, and the time from when one was due to its answer
// counts. Meanwhile every controller writes a snapshot whenever the log has grown by --log-bytes,
// each at its turn. Around each snapshot is a window, and before it the nearest one of the same
// length without any snapshot: the two are a pair, and so are, for comparison, that calm one and
// the next calm one before it.
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
// What is done before the file appears and after it is complete is the snapshot's too: its image is
// asked for, and the log and older files are removed.
constexpr std::chrono::milliseconds kMargin{100};

struct Options {
  int64_t records = 1'000'000;
  int partitions = 99;
  int in_flight = 64;
  int seconds = 90;
  int64_t log_bytes = 2'500'000;
  // The quorate-controller to run; empty: the one that was built with this benchmark.
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

// Pooled: the latencies of all windows together. Added: the median, and the middle half, of what
// the p99 of the second window of a pair is above the first's.
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
  CLI::App app("What a snapshot adds to the latency of writes at half load.", "snapshot");
  Options options;
  app.add_option("--records", options.records, "Topics and partitions, together")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  app.add_option("--partitions", options.partitions, "Of each topic")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--in-flight", options.in_flight, "Writes under way at full load")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "How long to write at half load")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  app.add_option("--log-bytes", options.log_bytes,
                 "By how much the log grows from one snapshot of a controller to its next")
      ->check(CLI::Range(1, 1 << 30))
      ->capture_default_str();
  app.add_option("--controller", options.controller,
                 "Another build's quorate-controller: two builds, or settings, compared")
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
