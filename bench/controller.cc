// Measures the controllers with many partitions: three real controllers, brokers that replay the
// metadata log, brokers that only hold replicas, and subscribers.
//
//   bench/controller [--topics N] [--partitions N] [--stages create,read,death,join,cold,failover]
//   bench/controller --stages subscribers [--subscribers N]
//
// The stages run in this order, on one cluster; `create` always runs first, but for `subscribers`,
// which has a cluster of its own:
//   create       creates the topics, with three replicas; then the memory of each process
//   read         quoratectl's status, topics list --limit, and topics describe of everything
//   death        SIGKILL of a broker, and what waits meanwhile
//   join         SIGKILL and start of a follower, until it answers a linearizable read
//   cold         SIGKILL and start of all controllers, until the first write
//   failover     the write gap after SIGKILL of the active controller, with few and with all
//   partitions subscribers  many subscribers: from a write to its last delivery, and what a stalled
//   subscriber costs
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "bench/controller_stages.h"
#include "bench/program.h"

namespace quorate::bench {
namespace {

const std::vector<std::string> kStages = {"create", "read",     "death",      "join",
                                          "cold",   "failover", "subscribers"};

void Run(const ScaleOptions& options, const std::set<std::string>& stages) {
  if (stages.contains("subscribers")) MeasureSubscribers(options);
  if (stages == std::set<std::string>{"subscribers"}) return;
  if (stages.contains("failover")) {
    ScaleOptions few = options;
    few.topics = 10;
    few.partitions = 100;
    ScaledCluster small(few);
    small.Create();
    small.FailOver();
  }
  ScaledCluster cluster(options);
  cluster.Create();
  if (stages.contains("read")) cluster.Read();
  if (stages.contains("death")) cluster.KillBroker();
  if (stages.contains("join")) cluster.Join();
  if (stages.contains("cold")) cluster.StartCold();
  if (stages.contains("failover")) cluster.FailOver();
}

int Main(int argc, char** argv) {
  CLI::App app("Measures the controllers with many partitions.", "controller");
  ScaleOptions options;
  std::string stage_names = "create,read,death,join,cold,failover";
  const CLI::Range count(1, 10'000'000);
  app.add_option("--topics", options.topics, "The number of topics")
      ->check(count)
      ->capture_default_str();
  app.add_option("--partitions", options.partitions, "The number of partitions of each topic")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--replaying-brokers", options.replaying_brokers,
                 "The number of real brokers, which replay the log")
      ->check(CLI::Range(1, 10))
      ->capture_default_str();
  app.add_option("--brokers", options.brokers, "The number of brokers that hold the replicas")
      ->check(CLI::Range(3, 1'000))
      ->capture_default_str();
  app.add_option("--subscribers", options.subscribers,
                 "The number of subscribers that do not replay")
      ->check(CLI::Range(0, 10'000))
      ->capture_default_str();
  app.add_option("--runs", options.runs, "How often a controller is killed in each stage")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  app.add_option("--controller", options.controller,
                 "The quorate-controller of another build, to compare builds")
      ->check(CLI::ExistingFile);
  app.add_option("--stages", stage_names, "What to measure, separated by commas")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  const std::set<std::string> stages = absl::StrSplit(stage_names, ',', absl::SkipEmpty());
  for (const std::string& stage : stages) {
    if (std::find(kStages.begin(), kStages.end(), stage) != kStages.end()) continue;
    std::cerr << "controller: unknown stage '" << stage << "'\n";
    return 2;
  }
  Run(options, stages);
  return 0;
}

}  // namespace
}  // namespace quorate::bench

int main(int argc, char** argv) {
  return quorate::bench::RunProgram("controller", quorate::bench::Main, argc, argv);
}
