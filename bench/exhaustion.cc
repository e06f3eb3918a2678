// Measures what hostile connections cost: writes to three real controllers and to three etcd
// members, first alone, and then while thousands of connections to all their ports say nothing, too
// little, or what no client says (tests/harness/flood.h).
//
//   bench/exhaustion [--systems quorate,etcd] [--idle N] [--hostile N] [--in-flight N] [--rounds N]
//                    [--seconds N] [--etcd PROGRAM] [--baseline PROGRAM]
//
// Every system runs alone. Latencies are those of all rounds. Memory is the largest growth of the
// peak of one server's resident memory while the connections come.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/etcd_system.h"
#include "bench/program.h"
#include "bench/quorate_system.h"
#include "bench/statistics.h"
#include "bench/system.h"
#include "tests/harness/flood.h"
#include "tests/harness/peak_memory.h"

namespace quorate::bench {
namespace {

constexpr double kMiB = 1 << 20;
// How long the connections come before the measurement begins, and how long gRPC and etcd may take
// to get rid of them afterwards.
constexpr std::chrono::seconds kSettle{5};

struct Options {
  std::vector<std::string> systems = {"quorate", "etcd"};
  int idle = 10'000;
  int hostile = 600;
  int in_flight = 16;
  int rounds = 3;
  double seconds = 5;
  std::string etcd = "etcd";
  std::string baseline;
};

// The writes of all rounds.
struct Writes {
  std::vector<double> latencies_ms;
  double seconds = 0;

  void Add(const LoadResult& result) {
    latencies_ms.insert(latencies_ms.end(), result.latencies_ms.begin(), result.latencies_ms.end());
    seconds += result.seconds;
  }
};

std::unique_ptr<System> Start(const std::string& name, const Options& options) {
  if (name == "etcd") return std::make_unique<EtcdSystem>(options.etcd);
  return std::make_unique<QuorateSystem>(name, name == "baseline" ? options.baseline : "");
}

void Print(const std::string& system, const char* what, Writes& writes) {
  std::sort(writes.latencies_ms.begin(), writes.latencies_ms.end());
  std::printf("%-9s %-8s %10.0f %9.2f %9.2f", system.c_str(), what,
              static_cast<double>(writes.latencies_ms.size()) / writes.seconds,
              Percentile(writes.latencies_ms, 0.5), Percentile(writes.latencies_ms, 0.99));
}

void Measure(const std::string& name, const Options& options) {
  const std::unique_ptr<System> system = Start(name, options);
  const LoadOptions load = {
      .in_flight = options.in_flight,
      .duration = std::chrono::milliseconds(static_cast<int64_t>(options.seconds * 1000))};
  Writes alone;
  Writes flooded;
  double growth_mib = 0;
  for (int round = 0; round < options.rounds; ++round) {
    alone.Add(system->Load(load));
    std::vector<int64_t> before;
    for (const pid_t process : system->processes()) {
      testing::ForgetPeakMemory(process);
      before.push_back(testing::PeakMemoryBytes(process));
    }
    {
      const testing::Flood flood({.targets = system->listeners(),
                                  .idle = options.idle,
                                  .hostile = options.hostile,
                                  .connections_per_second = 2'000});
      std::this_thread::sleep_for(kSettle);
      flooded.Add(system->Load(load));
      if (round == 0) {
        std::printf("%s: %lld idle connections are open\n", name.c_str(),
                    static_cast<long long>(flood.open(testing::Flood::Kind::kIdle)));
      }
    }
    for (size_t i = 0; i < before.size(); ++i) {
      const int64_t peak = testing::PeakMemoryBytes(system->processes()[i]);
      growth_mib = std::max(growth_mib, static_cast<double>(peak - before[i]) / kMiB);
    }
    std::this_thread::sleep_for(kSettle);
  }
  Print(name, "alone", alone);
  std::printf("\n");
  Print(name, "flooded", flooded);
  std::printf(" %9.2f %11.0f\n",
              Percentile(flooded.latencies_ms, 0.99) / Percentile(alone.latencies_ms, 0.99),
              growth_mib);
}

int Main(int argc, char** argv) {
  CLI::App app("Measures what hostile connections cost.", "exhaustion");
  Options options;
  app.add_option("--systems", options.systems, "Any of quorate, etcd, baseline")
      ->delimiter(',')
      ->check(CLI::IsMember({"quorate", "etcd", "baseline"}))
      ->capture_default_str();
  app.add_option("--idle", options.idle, "The number of connections that send nothing")
      ->check(CLI::Range(0, 50'000))
      ->capture_default_str();
  app.add_option("--hostile", options.hostile, "The number of all other connections")
      ->check(CLI::Range(0, 10'000))
      ->capture_default_str();
  app.add_option("--in-flight", options.in_flight, "The number of writes in flight")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--rounds", options.rounds, "The number of turns of each system")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "The length of a turn")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  app.add_option("--etcd", options.etcd, "The etcd to run (deploy/packages.sh install bench)")
      ->capture_default_str();
  app.add_option("--baseline", options.baseline,
                 "The quorate-controller of the system baseline, to compare two builds")
      ->check(CLI::ExistingFile);
  CLI11_PARSE(app, argc, argv);
  if (std::count(options.systems.begin(), options.systems.end(), "baseline") > 0 &&
      options.baseline.empty()) {
    std::cerr << "exhaustion: system baseline needs --baseline PROGRAM\n";
    return 2;
  }
  std::printf("%-9s %-8s %10s %9s %9s %9s %11s\n", "system", "", "ops/s", "p50 ms", "p99 ms",
              "p99 ratio", "growth MiB");
  for (const std::string& system : options.systems) Measure(system, options);
  return 0;
}

}  // namespace
}  // namespace quorate::bench

int main(int argc, char** argv) {
  return quorate::bench::RunProgram("exhaustion", quorate::bench::Main, argc, argv);
}
