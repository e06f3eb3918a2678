// Measures the write gap when the active controller fails. Runs three real controllers with one
// write in flight from a client that stays connected to a survivor, and sends SIGKILL, SIGTERM or
// SIGSTOP to the active one.
//
//   bench/failover [--runs N] [--signals NONE,KILL,TERM,STOP] [--each]
//   bench/failover --profiles lan,wan,noisy [--networks lan,wan,noisy] [--runs N]
//
// The write gap of a run is the longest time between two consecutive acknowledgements. Each write
// creates a topic with one partition and carries a request id. An attempt takes at most 100 ms.
// NONE sends no signal, and so measures the gaps that the machine itself (above all its disk)
// causes in a run of the same length.
//
// With --profiles, it compares the profiles of quorate-controller on networks of several kinds
// (bench/slow_network.h). It measures the writes and counts the elections while nothing fails, and
// then the write gap after SIGKILL.
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
#include "bench/single_writer.h"
#include "bench/slow_network.h"
#include "bench/statistics.h"
#include "bench/write_gap.h"
#include "tests/harness/cluster.h"

namespace quorate::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::Cluster;

constexpr milliseconds kAttemptTimeout(100);

const std::map<std::string, int> kSignals = {
    {"NONE", kNoSignal}, {"KILL", SIGKILL}, {"TERM", SIGTERM}, {"STOP", SIGSTOP}};

void MeasureSignal(const std::string& name, int signal, int runs, bool each) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  std::vector<double> gaps;
  std::vector<double> usual;
  for (int run = 0; run < runs; ++run) {
    const WriteGap result =
        MeasureWriteGap(cluster, signal, "w" + std::to_string(run), kAttemptTimeout);
    if (each) {
      std::printf("%-8s run %d: gap %.1f ms, from %.1f ms after the signal on\n", name.c_str(), run,
                  result.gap_ms, result.gap_began_ms);
    }
    gaps.push_back(result.gap_ms);
    usual.push_back(result.usual_ms);
  }
  std::sort(gaps.begin(), gaps.end());
  std::printf("%-8s %8.1f %8.1f %8.1f %8.1f %14.2f\n", name.c_str(), Percentile(gaps, 0.5),
              Percentile(gaps, 0.99), gaps.back(), gaps.front(), Median(usual));
  std::fflush(stdout);
}

// Returns the epoch that the active controller leads.
int64_t ActiveEpoch(Cluster& cluster) {
  std::optional<admin::v1::DescribeQuorumResponse> seen;
  CHECK(testing::WaitFor([&] {
    seen = cluster.QuorumSeenBy(cluster.AwaitActive());
    return seen.has_value();
  }));
  return seen->epoch();
}

// Each epoch is the vote of a candidate. A pre-vote that is refused begins none.
void MeasureProfile(const SlowNetwork& network, const std::string& profile, int runs,
                    std::chrono::seconds calm) {
  Cluster cluster({.controllers = 3,
                   .brokers = 1,
                   .proxied_peers = true,
                   .controller_flags = {"--profile=" + profile}});
  NetworkFaults faults(network, cluster);
  cluster.Start();

  const int64_t first_epoch = ActiveEpoch(cluster);
  SingleWriter writer(cluster, cluster.AwaitActive() % 3 + 1, "calm", network.attempt_timeout);
  std::this_thread::sleep_for(calm);
  const std::vector<steady_clock::time_point> acknowledged = writer.Finish();
  CHECK_GT(acknowledged.size(), 2u) << "hardly anything was written";
  std::vector<double> latencies;
  for (size_t i = 1; i < acknowledged.size(); ++i) {
    latencies.push_back(Milliseconds(acknowledged[i] - acknowledged[i - 1]));
  }
  std::sort(latencies.begin(), latencies.end());
  const int64_t calm_epoch = ActiveEpoch(cluster);
  const auto unwanted = static_cast<double>(calm_epoch - first_epoch);

  std::vector<double> gaps;
  for (int run = 0; run < runs; ++run) {
    gaps.push_back(
        MeasureWriteGap(cluster, SIGKILL, "w" + std::to_string(run), network.attempt_timeout)
            .gap_ms);
  }
  std::sort(gaps.begin(), gaps.end());
  const auto epochs = static_cast<double>(ActiveEpoch(cluster) - calm_epoch);
  std::printf("%-8s %-8s %9.1f %9.1f %15.1f %9.1f %9.1f %12.1f\n", network.name.c_str(),
              profile.c_str(), Percentile(latencies, 0.5), Percentile(latencies, 0.99),
              unwanted * 60 / static_cast<double>(calm.count()), Percentile(gaps, 0.5), gaps.back(),
              epochs / runs);
  std::fflush(stdout);
}

template <typename Known>
bool SplitNames(const std::string& text, const Known& known, std::vector<std::string>& names) {
  names = absl::StrSplit(text, ',', absl::SkipEmpty());
  for (const std::string& name : names) {
    if (known(name)) continue;
    std::cerr << "failover: unknown name '" << name << "'\n";
    return false;
  }
  return true;
}

int Main(int argc, char** argv) {
  CLI::App app("Measures the write gap when the active controller fails.", "failover");
  int runs = 20;
  std::string signals = "NONE,KILL,TERM,STOP";
  bool each = false;
  std::string profiles;
  std::string networks = "lan,wan,noisy";
  int calm_seconds = 20;
  app.add_option("--runs", runs, "The number of runs for each signal, or profile and network")
      ->check(CLI::Range(1, 10000));
  app.add_option("--signals", signals, "Any of NONE, KILL, TERM, STOP, separated by commas");
  app.add_flag("--each", each, "Also print each run: its gap, and when the gap began");
  app.add_option("--profiles", profiles,
                 "Compare these values of --profile (lan, wan, noisy), instead of signals");
  app.add_option("--networks", networks, "The networks for --profiles: any of lan, wan, noisy");
  app.add_option("--calm-seconds", calm_seconds, "How long no controller fails, for --profiles")
      ->check(CLI::Range(1, 3600));
  CLI11_PARSE(app, argc, argv);

  std::vector<std::string> names;
  if (!profiles.empty()) {
    std::vector<std::string> network_names;
    const auto is_network = [](const std::string& name) { return FindNetwork(name) != nullptr; };
    if (!SplitNames(profiles, is_network, names)) return 2;
    if (!SplitNames(networks, is_network, network_names)) return 2;
    std::printf("three controllers, one broker; %d s without a failure, then %d x SIGKILL; ms\n",
                calm_seconds, runs);
    std::printf("%-8s %-8s %9s %9s %15s %9s %9s %12s\n", "network", "profile", "write p50", "p99",
                "unwanted a min.", "gap p50", "max", "epochs a kill");
    for (const std::string& network : network_names) {
      for (const std::string& profile : names) {
        MeasureProfile(*FindNetwork(network), profile, runs, std::chrono::seconds(calm_seconds));
      }
    }
    return 0;
  }
  if (!SplitNames(
          signals, [](const auto& name) { return kSignals.count(name) > 0; }, names)) {
    return 2;
  }
  std::printf("three controllers, one broker, on loopback; %d runs each; write gap in ms\n", runs);
  std::printf("%-8s %8s %8s %8s %8s %14s\n", "signal", "p50", "p99", "max", "min", "usual write");
  for (const std::string& name : names) MeasureSignal(name, kSignals.at(name), runs, each);
  return 0;
}

}  // namespace
}  // namespace quorate::bench

int main(int argc, char** argv) {
  return quorate::bench::RunProgram("failover", quorate::bench::Main, argc, argv);
}
