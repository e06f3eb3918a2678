// Measures the write gap when the active controller fails. Runs three real controllers with one
// write in flight from a client that stays connected to a survivor, and sends SIGKILL, SIGTERM or
// SIGSTOP to the active one.
//
//   bench/failover [--runs N] [--signals NONE,KILL,TERM,STOP] [--each]
//
// The write gap of a run is the longest time between two consecutive acknowledgements. Each write
// creates a topic with one partition and carries a request id. An attempt takes at most 100 ms.
// NONE sends no signal, and so measures the gaps that the machine itself (above all its disk)
// causes in a run of the same length.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <map>
#include <thread>

#include "absl/strings/str_split.h"
#include "base/check.h"
#include "bench/program.h"
#include "bench/statistics.h"
#include "tests/harness/cluster.h"

namespace quorate::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::Cluster;

constexpr int kNoSignal = 0;

const std::map<std::string, int> kSignals = {
    {"NONE", kNoSignal}, {"KILL", SIGKILL}, {"TERM", SIGTERM}, {"STOP", SIGSTOP}};

struct Run {
  double gap_ms = 0;
  // The time from the signal to the beginning of the gap.
  double gap_began_ms = 0;
  // The median latency of the writes before the signal.
  double usual_ms = 0;
};

// Writes until `stop` is set. Returns the times of the acknowledgements.
std::vector<steady_clock::time_point> Write(client::AdminClient client, const std::string& prefix,
                                            const std::atomic<bool>& stop) {
  std::vector<steady_clock::time_point> acknowledged;
  for (int n = 0; !stop; ++n) {
    admin::v1::CreateTopicsRequest request;
    auto* topic = request.add_topics();
    topic->set_name(prefix + "-" + std::to_string(n));
    topic->set_partition_count(1);
    topic->set_replication_factor(1);
    const auto result = client.CreateTopics(std::move(request));
    if (const auto* failure = std::get_if<client::CallFailure>(&result)) {
      LOG(FATAL) << failure->ToString();
    }
    const auto& item = std::get<admin::v1::CreateTopicsResponse>(result).results(0);
    CHECK(!item.has_error()) << item.error().message();
    acknowledged.push_back(steady_clock::now());
  }
  return acknowledged;
}

Run RunOnce(Cluster& cluster, int signal, const std::string& prefix) {
  const int active = cluster.AwaitActive();
  const int survivor = active % 3 + 1;
  std::atomic<bool> stop{false};
  std::vector<steady_clock::time_point> acknowledged;
  std::thread writer([&] {
    acknowledged = Write(cluster.Client({survivor},
                                        [](client::CallerOptions& options) {
                                          options.attempt_timeout = milliseconds(100);
                                          options.max_attempt_timeout = milliseconds(100);
                                          options.initial_backoff = milliseconds(1);
                                          options.max_backoff = milliseconds(1);
                                        }),
                         prefix, stop);
  });
  std::this_thread::sleep_for(milliseconds(500));
  const auto hit = steady_clock::now();
  if (signal != kNoSignal) cluster.controller(active).Signal(signal);
  std::this_thread::sleep_for(milliseconds(signal == SIGSTOP ? 2500 : 1000));
  stop = true;
  writer.join();
  CHECK_GT(acknowledged.size(), 2u) << "hardly anything was written";
  CHECK(acknowledged.back() > hit) << "no write was acknowledged after the signal";

  Run run;
  std::vector<double> usual;
  for (size_t i = 1; i < acknowledged.size(); ++i) {
    const double gap = Milliseconds(acknowledged[i] - acknowledged[i - 1]);
    if (gap > run.gap_ms) {
      run.gap_ms = gap;
      run.gap_began_ms = Milliseconds(acknowledged[i - 1] - hit);
    }
    if (acknowledged[i] < hit) usual.push_back(gap);
  }
  std::sort(usual.begin(), usual.end());
  run.usual_ms = usual.empty() ? 0 : Percentile(usual, 0.5);

  if (signal == SIGSTOP) {
    cluster.controller(active).Signal(SIGCONT);
  } else if (signal != kNoSignal) {
    CHECK(cluster.controller(active).Wait(testing::kPatience)) << "it did not end";
    cluster.StartController(active);
  }
  cluster.AwaitReady();
  return run;
}

int Main(int argc, char** argv) {
  CLI::App app("Measures the write gap when the active controller gets a signal.", "failover");
  int runs = 20;
  std::string signals = "NONE,KILL,TERM,STOP";
  bool each = false;
  app.add_option("--runs", runs, "The number of runs for each signal")->check(CLI::Range(1, 10000));
  app.add_option("--signals", signals, "Any of NONE, KILL, TERM, STOP, separated by commas");
  app.add_flag("--each", each, "Also print each run: its gap, and when the gap began");
  CLI11_PARSE(app, argc, argv);

  std::printf("three controllers, one broker, on loopback; %d runs each; write gap in ms\n", runs);
  std::printf("%-8s %8s %8s %8s %8s %14s\n", "signal", "p50", "p99", "max", "min", "usual write");
  for (const std::string& name : std::vector<std::string>(absl::StrSplit(signals, ','))) {
    const auto found = kSignals.find(name);
    if (found == kSignals.end()) {
      std::cerr << "failover: unknown signal '" << name << "' (NONE, KILL, TERM, STOP)\n";
      return 2;
    }
    const int signal = found->second;
    Cluster cluster({.controllers = 3, .brokers = 1});
    cluster.Start();
    std::vector<double> gaps;
    std::vector<double> usual;
    for (int run = 0; run < runs; ++run) {
      const Run result = RunOnce(cluster, signal, "w" + std::to_string(run));
      if (each) {
        std::printf("%-8s run %d: gap %.1f ms, from %.1f ms after the signal on\n", name.c_str(),
                    run, result.gap_ms, result.gap_began_ms);
      }
      gaps.push_back(result.gap_ms);
      usual.push_back(result.usual_ms);
    }
    std::sort(gaps.begin(), gaps.end());
    std::sort(usual.begin(), usual.end());
    std::printf("%-8s %8.1f %8.1f %8.1f %8.1f %14.2f\n", name.c_str(), Percentile(gaps, 0.5),
                Percentile(gaps, 0.99), gaps.back(), gaps.front(), Percentile(usual, 0.5));
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace quorate::bench

int main(int argc, char** argv) {
  return quorate::bench::RunProgram("failover", quorate::bench::Main, argc, argv);
}
