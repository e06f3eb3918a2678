// Measures the cost of a committed write. Compares three real controllers and three etcd members
// with two floors: a server that does nothing, and three servers that only replicate. All of them
// are called through the same gRPC library in one interleaved run.
//
//   bench/commit [--systems empty,bare,quorate,etcd] [--in-flight 1,16,64,256,1000] [--rounds N]
//                [--seconds N] [--etcd PROGRAM] [--baseline PROGRAM]
//
// A write has 128 bytes. It is IncrementalAlterConfigs of a topic for the controllers, and Put for
// etcd, and goes to the leader, over one connection per 64 calls in flight. In each round the
// systems take turns at every number of calls in flight. Throughput is the median of the rounds,
// and latencies are those of all rounds. CPU is the time that all servers of a system used per
// write.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/bare_server.h"
#include "bench/bare_system.h"
#include "bench/disk_floor.h"
#include "bench/empty_system.h"
#include "bench/etcd_system.h"
#include "bench/program.h"
#include "bench/quorate_system.h"
#include "bench/statistics.h"
#include "bench/system.h"

namespace quorate::bench {
namespace {

constexpr int kDiskPuts = 3000;

struct Options {
  std::vector<std::string> systems = {"empty", "bare", "quorate", "etcd"};
  std::vector<int> in_flight = {1, 16, 64, 256, 1000};
  int rounds = 3;
  double seconds = 2;
  std::string etcd = "etcd";
  // The quorate-controller of another build.
  std::string baseline;
};

// The results of all rounds of one system at one number of calls in flight.
struct Row {
  std::vector<double> ops_per_second;  // of each round
  std::vector<double> latencies_ms;
  double cpu_seconds = 0;

  void Add(const LoadResult& result) {
    ops_per_second.push_back(static_cast<double>(result.latencies_ms.size()) / result.seconds);
    latencies_ms.insert(latencies_ms.end(), result.latencies_ms.begin(), result.latencies_ms.end());
    cpu_seconds += result.server_cpu_seconds;
  }
  double Throughput() const { return Median(ops_per_second); }
  // REQUIRES: the latencies are sorted.
  double CpuMicroseconds() const {
    return cpu_seconds * 1e6 / static_cast<double>(latencies_ms.size());
  }
};

using Rows = std::map<std::pair<int, std::string>, Row>;  // by (in flight, system)

std::unique_ptr<System> Start(const std::string& name, const Options& options) {
  if (name == "empty") return std::make_unique<EmptySystem>();
  if (name == "bare") return std::make_unique<BareSystem>();
  if (name == "etcd") {
    auto etcd = std::make_unique<EtcdSystem>(options.etcd);
    std::printf("etcd is %s\n", etcd->version().c_str());
    return etcd;
  }
  return std::make_unique<QuorateSystem>(name, name == "baseline" ? options.baseline : "");
}

Rows Measure(const Options& options) {
  std::vector<std::unique_ptr<System>> systems;
  for (const std::string& name : options.systems) systems.push_back(Start(name, options));
  Rows rows;
  for (int round = 0; round < options.rounds; ++round) {
    for (const int in_flight : options.in_flight) {
      for (size_t turn = 0; turn < systems.size(); ++turn) {
        // Each round starts with another system.
        System& system = *systems[(turn + static_cast<size_t>(round)) % systems.size()];
        rows[{in_flight, system.name()}].Add(system.Load(
            {.in_flight = in_flight,
             .duration = std::chrono::milliseconds(static_cast<int64_t>(options.seconds * 1000))}));
      }
    }
  }
  for (auto& [key, row] : rows) std::sort(row.latencies_ms.begin(), row.latencies_ms.end());
  return rows;
}

// Prints the latencies of synced puts. Returns the p50 of a put while three databases write, in ms.
double PrintDiskFloor() {
  double three_writers_ms = 0;
  for (const int writers : {1, 3}) {
    const std::vector<double> latencies_ms = SyncedPuts(writers, kDiskPuts);
    three_writers_ms = Percentile(latencies_ms, 0.5);
    std::printf("synced put, %d writing at once: p50 %.0f us, p99 %.0f us\n", writers,
                three_writers_ms * 1000, Percentile(latencies_ms, 0.99) * 1000);
  }
  return three_writers_ms;
}

void PrintRows(const Options& options, const Rows& rows) {
  std::printf("\n%9s  %-9s %10s %9s %9s %14s\n", "in flight", "system", "ops/s", "p50 ms", "p99 ms",
              "CPU us a write");
  for (const int in_flight : options.in_flight) {
    for (const std::string& system : options.systems) {
      const Row& row = rows.at({in_flight, system});
      std::printf("%9d  %-9s %10.0f %9.3f %9.3f %14.1f\n", in_flight, system.c_str(),
                  row.Throughput(), Percentile(row.latencies_ms, 0.5),
                  Percentile(row.latencies_ms, 0.99), row.CpuMicroseconds());
    }
  }
}

// Prints the figures of quorate as multiples of those of the other systems.
void PrintRatios(const Options& options, const Rows& rows) {
  std::printf("\n%9s  %-20s %10s %9s %9s %14s\n", "in flight", "ratio", "ops/s", "p50", "p99",
              "CPU a write");
  for (const int in_flight : options.in_flight) {
    const auto quorate = rows.find({in_flight, "quorate"});
    if (quorate == rows.end()) return;
    const Row& ours = quorate->second;
    for (const std::string& system : options.systems) {
      if (system == "quorate") continue;
      const Row& other = rows.at({in_flight, system});
      std::printf("%9d  %-20s %10.2f %9.2f %9.2f %14.2f\n", in_flight,
                  ("quorate / " + system).c_str(), ours.Throughput() / other.Throughput(),
                  Percentile(ours.latencies_ms, 0.5) / Percentile(other.latencies_ms, 0.5),
                  Percentile(ours.latencies_ms, 0.99) / Percentile(other.latencies_ms, 0.99),
                  ours.CpuMicroseconds() / other.CpuMicroseconds());
    }
  }
}

// Prints the floor of a commit: the client's round trip, a follower's round trip, and the
// follower's synced put.
void PrintCommitFloor(const Rows& rows, double synced_put_ms) {
  const auto empty = rows.find({1, "empty"});
  const auto quorate = rows.find({1, "quorate"});
  if (empty == rows.end() || quorate == rows.end()) return;
  const double floor_ms = 2 * Percentile(empty->second.latencies_ms, 0.5) + synced_put_ms;
  const double p50_ms = Percentile(quorate->second.latencies_ms, 0.5);
  std::printf(
      "\nfloor of a commit (2 round trips and a put, three writing): %.3f ms; "
      "quorate's p50 is %.2f of it\n",
      floor_ms, p50_ms / floor_ms);
}

int Main(int argc, char** argv) {
  CLI::App app("Measures the cost of a committed write, and its floor.", "commit");
  Options options;
  std::string serve_empty;
  BareServer serve_bare;
  app.add_option("--systems", options.systems, "Any of empty, bare, quorate, etcd, baseline")
      ->delimiter(',')
      ->check(CLI::IsMember({"empty", "bare", "quorate", "etcd", "baseline"}))
      ->capture_default_str();
  app.add_option("--in-flight", options.in_flight, "The number of calls in flight")
      ->delimiter(',')
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--rounds", options.rounds, "The number of turns of each system at each load")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds,
                 "The length of a turn, after half a second of warm-up")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  app.add_option("--etcd", options.etcd, "The etcd to run (deploy/packages.sh install bench)")
      ->capture_default_str();
  app.add_option("--baseline", options.baseline,
                 "The quorate-controller of the system baseline, to compare two builds in one run")
      ->check(CLI::ExistingFile);
  // The flags of this program's own servers.
  app.add_option(EmptySystem::kEndpointFlag, serve_empty)->group("");
  app.add_option(BareSystem::kEndpointFlag, serve_bare.endpoint)->group("");
  app.add_option(BareSystem::kFileFlag, serve_bare.file)->group("");
  app.add_option(BareSystem::kFollowerFlag, serve_bare.followers)->group("");
  CLI11_PARSE(app, argc, argv);
  if (!serve_empty.empty()) ServeEmpty(serve_empty);
  if (!serve_bare.endpoint.empty()) ServeBare(serve_bare);
  if (std::count(options.systems.begin(), options.systems.end(), "baseline") > 0 &&
      options.baseline.empty()) {
    std::cerr << "commit: system baseline needs --baseline PROGRAM\n";
    return 2;
  }

  const double synced_put_ms = PrintDiskFloor();
  const Rows rows = Measure(options);
  PrintRows(options, rows);
  PrintRatios(options, rows);
  PrintCommitFloor(rows, synced_put_ms);
  return 0;
}

}  // namespace
}  // namespace quorate::bench

int main(int argc, char** argv) {
  return quorate::bench::RunProgram("commit", quorate::bench::Main, argc, argv);
}
