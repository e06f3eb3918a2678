#include "bench/controller_stages.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "base/check.h"
#include "bench/config_writes.h"
#include "bench/metadata_fill.h"
#include "bench/repeated_call.h"
#include "bench/statistics.h"
#include "bench/write_gap.h"
#include "tests/harness/peak_memory.h"

namespace quorate::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kControllers = 3;
// The broker that KillBroker kills.
constexpr int kVictim = 1;

testing::ClusterOptions ClusterOf(const ScaleOptions& options) {
  return {.controllers = kControllers,
          .brokers = options.replaying_brokers,
          .controller_program = options.controller,
          // No leader moves but those that a stage moves.
          .controller_flags = {"--leader-balance-interval-ms=0"},
          .broker_flags = {"--log-level=warning"}};
}

double MillisecondsSince(steady_clock::time_point begun) {
  return Milliseconds(steady_clock::now() - begun);
}

double Mebibytes(int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

// Returns a client that waits for a controller that is busy, and finds one that has just started
// quickly.
client::AdminClient PatientClient(const testing::Cluster& cluster, std::vector<int> nodes = {}) {
  return cluster.Client(std::move(nodes), [](client::CallerOptions& options) {
    options.timeout = 10 * testing::kPatience;
    options.attempt_timeout = testing::kPatience;
    options.max_attempt_timeout = testing::kPatience;
    options.connect_timeout = milliseconds(100);
    options.max_backoff = options.initial_backoff;
  });
}

// Sets retention.ms of the first topic that FillMetadata creates to another value.
void WriteConfig(client::AdminClient& client, int64_t n) {
  admin::v1::IncrementalAlterConfigsRequest request;
  auto* changes = request.add_resources();
  changes->mutable_resource()->set_type(admin::v1::ConfigResource::TOPIC);
  changes->mutable_resource()->set_name(FillerName(0));
  auto* change = changes->add_changes();
  change->set_key("retention.ms");
  change->set_operation(admin::v1::ConfigChange::SET);
  change->set_value(std::to_string(1'000'000 + n));
  const auto response = testing::Must(client.IncrementalAlterConfigs(std::move(request)));
  CHECK(!response.results(0).has_error()) << response.results(0).error().message();
}

// Makes a linearizable read of one topic.
void ReadTopic(client::AdminClient& client) {
  admin::v1::DescribeTopicsRequest request;
  request.add_topics(FillerName(0));
  testing::Must(client.DescribeTopics(request));
}

bool IsFenced(client::AdminClient& client, int broker_id) {
  const auto described = testing::Must(client.DescribeCluster({}));
  return std::any_of(described.brokers().begin(), described.brokers().end(),
                     [broker_id](const admin::v1::Broker& broker) {
                       return broker.broker_id() == broker_id && broker.fenced();
                     });
}

bool IsRunning(pid_t pid, const std::string& program) {
  std::error_code error;
  return std::filesystem::equivalent("/proc/" + std::to_string(pid) + "/exe", program, error);
}

// Runs quoratectl and prints how long it took and its peak of resident memory.
void PrintCommand(const testing::Cluster& cluster, const std::vector<std::string>& arguments) {
  std::vector<std::string> argv = {testing::QuoratectlProgram(), "--bootstrap", cluster.Bootstrap(),
                                   "--timeout=10m"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  std::string name = "quoratectl";
  for (const std::string& argument : arguments) name += " " + argument;

  const std::string log = cluster.directory() + "/quoratectl.log";
  const auto begun = steady_clock::now();
  testing::Process process(argv, log);
  // The last look may be up to a millisecond before the end. Before exec, the process has the
  // memory of this one.
  int64_t peak = 0;
  while (process.Running()) {
    if (IsRunning(process.pid(), argv.front())) {
      peak = std::max(peak, testing::PeakMemoryWhileRunning(process.pid()).value_or(0));
    }
    std::this_thread::sleep_for(milliseconds(1));
  }
  const double took_ms = MillisecondsSince(begun);
  const auto status = process.Wait(testing::kPatience);
  CHECK(status && status->code == 0) << name << ": " << status->ToString();
  std::printf("  %-36s %10.0f ms  %8.1f MiB at most\n", name.c_str(), took_ms, Mebibytes(peak));
}

void PrintLongest(const char* what, const std::vector<double>& sorted_ms) {
  CHECK(!sorted_ms.empty()) << what << ": no call ended";
  std::printf("  %-36s %10.1f ms at most, p50 %.1f\n", what, sorted_ms.back(),
              Percentile(sorted_ms, 0.5));
}

}  // namespace

ScaledCluster::ScaledCluster(const ScaleOptions& options)
    : options_(options), cluster_(ClusterOf(options)) {
  cluster_.Start();
  light_brokers_ = std::make_unique<LightBrokers>(cluster_, options.replaying_brokers + 1,
                                                  options.brokers - options.replaying_brokers);
  AwaitBrokers();
  subscribers_ = std::make_unique<Subscribers>(cluster_, options.subscribers);
  subscribers_->AwaitCaughtUp();
  for (int node = 1; node <= kControllers; ++node) {
    controller_base_bytes_ += testing::ResidentMemoryBytes(cluster_.controller(node).pid());
  }
  controller_base_bytes_ /= kControllers;
  broker_base_bytes_ = testing::ResidentMemoryBytes(cluster_.broker(kVictim).pid());
}

void ScaledCluster::AwaitBrokers() {
  client::AdminClient client = PatientClient(cluster_);
  CHECK(testing::WaitFor(
      [&] {
        const auto described = testing::Must(client.DescribeCluster({}));
        return std::count_if(described.brokers().begin(), described.brokers().end(),
                             [](const auto& broker) { return !broker.fenced(); }) ==
               options_.brokers;
      },
      10 * testing::kPatience))
      << "not every broker is unfenced";
}

void ScaledCluster::PrintMemory(const char* when) {
  const auto print = [&](const std::string& name, pid_t pid, int64_t base) {
    const int64_t resident = testing::ResidentMemoryBytes(pid);
    const int64_t peak = testing::PeakMemoryBytes(pid);
    const auto each = static_cast<double>(partitions());
    std::printf("  %-36s %8.0f MiB, %5.1f bytes a partition; at most %.0f MiB, %.1f bytes\n",
                (name + ", " + when).c_str(), Mebibytes(resident),
                static_cast<double>(resident - base) / each, Mebibytes(peak),
                static_cast<double>(peak - base) / each);
    testing::ForgetPeakMemory(pid);
  };
  for (int node = 1; node <= kControllers; ++node) {
    print("controller " + std::to_string(node), cluster_.controller(node).pid(),
          controller_base_bytes_);
  }
  for (int id = 1; id <= options_.replaying_brokers; ++id) {
    if (!cluster_.broker(id).Running()) continue;
    print("broker " + std::to_string(id), cluster_.broker(id).pid(), broker_base_bytes_);
  }
  std::fflush(stdout);
}

void ScaledCluster::Create() {
  std::printf("%d topics with %d partitions on %d brokers, %d of which replay; %d subscribers\n",
              options_.topics, options_.partitions, options_.brokers, options_.replaying_brokers,
              options_.subscribers);
  const int64_t records = int64_t{options_.topics} * (options_.partitions + 1);
  const auto begun = steady_clock::now();
  FillMetadata(cluster_, records, options_.partitions, /*replication_factor=*/3);
  const double created_ms = MillisecondsSince(begun);
  AwaitBrokers();
  std::printf("  %-36s %10.1f s, %.0f partitions a second\n", "created", created_ms / 1000,
              1000 * static_cast<double>(partitions()) / created_ms);
  PrintMemory("created");
}

void ScaledCluster::Read() {
  PrintCommand(cluster_, {"status"});
  PrintCommand(cluster_, {"topics", "list", "--limit", "100"});
  PrintCommand(cluster_, {"topics", "describe"});
}

void ScaledCluster::KillBroker() {
  client::AdminClient writer = PatientClient(cluster_);
  client::AdminClient reader = PatientClient(cluster_);
  subscribers_->Record();
  light_brokers_->TakeLongestHeartbeatMs();
  RepeatedCall writes([&](int64_t n) { WriteConfig(writer, n); }, milliseconds(1));
  RepeatedCall reads([&](int64_t /*n*/) { ReadTopic(reader); }, milliseconds(1));
  std::this_thread::sleep_for(std::chrono::seconds(1));

  const auto killed = steady_clock::now();
  cluster_.broker(kVictim).Kill();
  client::AdminClient observer = PatientClient(cluster_);
  CHECK(testing::WaitFor([&] { return IsFenced(observer, kVictim); }, 10 * testing::kPatience));
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const std::vector<double> write_ms = writes.Finish();
  const std::vector<double> read_ms = reads.Finish();

  steady_clock::time_point decided = killed;
  int batches = 0;
  for (const Delivery& delivery : subscribers_->Take()) {
    if (!absl::StartsWith(delivery.cause, "fence broker")) continue;
    CHECK_EQ(delivery.arrivals, options_.subscribers) << "a subscriber was cut off";
    decided = std::max(decided, delivery.last);
    ++batches;
  }
  std::printf("  %-36s %10.0f ms from SIGKILL to the last delivery, in %d batches\n",
              "death of a broker", Milliseconds(decided - killed), batches);
  PrintLongest("write meanwhile", write_ms);
  PrintLongest("linearizable read meanwhile", read_ms);
  std::printf("  %-36s %10.1f ms at most\n", "answer to a heartbeat meanwhile",
              light_brokers_->TakeLongestHeartbeatMs());
  PrintMemory("death");

  cluster_.StartBroker(kVictim);
  AwaitBrokers();
}

double ScaledCluster::AwaitRead(int node, steady_clock::time_point started) {
  client::AdminClient client = PatientClient(cluster_, {node});
  ReadTopic(client);
  return MillisecondsSince(started);
}

void ScaledCluster::Join() {
  std::vector<double> took_ms;
  for (int run = 0; run < options_.runs; ++run) {
    const int node = cluster_.AwaitActive() % kControllers + 1;
    cluster_.controller(node).Kill();
    const auto started = steady_clock::now();
    cluster_.StartController(node);
    took_ms.push_back(AwaitRead(node, started));
    cluster_.AwaitReady();
  }
  std::sort(took_ms.begin(), took_ms.end());
  PrintLongest("a follower's start to its first read", took_ms);
  PrintMemory("after starts");
}

void ScaledCluster::StartCold() {
  for (int node = 1; node <= kControllers; ++node) cluster_.controller(node).Kill();
  const auto started = steady_clock::now();
  for (int node = 1; node <= kControllers; ++node) cluster_.StartController(node);
  client::AdminClient client = PatientClient(cluster_);
  WriteConfig(client, 0);
  std::printf("  %-36s %10.0f ms\n", "start of all to the first write", MillisecondsSince(started));
  for (int node = 1; node <= kControllers; ++node) AwaitRead(node, started);
  std::printf("  %-36s %10.0f ms\n", "start of all until each answers a read",
              MillisecondsSince(started));
  cluster_.AwaitReady();
  AwaitBrokers();
  PrintMemory("after a cold start");
}

void ScaledCluster::FailOver() {
  std::vector<double> gaps;
  for (int run = 0; run < options_.runs; ++run) {
    AwaitBrokers();
    gaps.push_back(
        MeasureWriteGap(cluster_, SIGKILL, "gap-" + std::to_string(run), milliseconds(100)).gap_ms);
  }
  std::sort(gaps.begin(), gaps.end());
  PrintLongest("write gap after SIGKILL", gaps);
}

}  // namespace quorate::bench
