// The stage of bench/controller with many subscribers.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "bench/config_writes.h"
#include "bench/controller_stages.h"
#include "bench/statistics.h"
#include "bench/subscribers.h"

namespace quorate::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kManySubscribers = 1'000;
constexpr int kWrites = 400;
constexpr milliseconds kWriteInterval(50);
constexpr int kRounds = 5;

// Writes 20 times a second, one write in flight, and prints the time from a write to its last
// delivery.
void MeasureDelivery(testing::Cluster& cluster, client::AdminClient& client) {
  Subscribers subscribers(cluster, kManySubscribers);
  subscribers.AwaitCaughtUp();
  subscribers.Record();
  struct Write {
    steady_clock::time_point sent;
    steady_clock::time_point answered;
  };
  std::map<std::string, Write> writes;  // by topic
  steady_clock::time_point due = steady_clock::now();
  for (int n = 0; n < kWrites; ++n) {
    std::this_thread::sleep_until(due += kWriteInterval);
    const std::string name = "delivered-" + std::to_string(n);
    Write& write = writes["CreateTopics " + name];
    write.sent = steady_clock::now();
    testing::CreateTopic(client, name, 1, 1);
    write.answered = steady_clock::now();
  }
  std::this_thread::sleep_for(std::chrono::seconds(1));
  std::vector<double> from_sending;
  std::vector<double> from_answer;
  for (const Delivery& delivery : subscribers.Take()) {
    const auto write = writes.find(delivery.cause);
    if (write == writes.end()) continue;
    CHECK_EQ(delivery.arrivals, kManySubscribers) << "a subscriber was cut off";
    from_sending.push_back(Milliseconds(delivery.last - write->second.sent));
    from_answer.push_back(Milliseconds(delivery.last - write->second.answered));
  }
  CHECK_EQ(static_cast<int>(from_sending.size()), kWrites) << "a write was not delivered";
  for (std::vector<double>* times : {&from_sending, &from_answer}) {
    std::sort(times->begin(), times->end());
    std::printf("  %-36s p50 %.1f, p99 %.1f ms\n",
                times == &from_sending ? "write to its last delivery" : "answer to last delivery",
                Percentile(*times, 0.5), Percentile(*times, 0.99));
  }
}

double Throughput(ConfigWrites& writes) {
  const LoadResult result = writes.Run(
      {.in_flight = 64, .warm_up = std::chrono::seconds(1), .duration = std::chrono::seconds(4)},
      {});
  return static_cast<double>(result.latencies_ms.size()) / result.seconds;
}

// Prints the throughput of writes with healthy subscribers, and with one more that reads nothing.
void MeasureStalled(testing::Cluster& cluster, int healthy) {
  Subscribers subscribers(cluster, healthy);
  subscribers.AwaitCaughtUp();
  ConfigWrites writes(*ParseHostPort(cluster.ControllerEndpoint(cluster.AwaitActive())),
                      ConfigWrite());
  std::vector<double> ratios;
  for (int round = 0; round < kRounds; ++round) {
    const double without = Throughput(writes);
    const Subscribers stalled(cluster, 1, Subscribers::Kind::kStalled);
    ratios.push_back(Throughput(writes) / without);
  }
  std::sort(ratios.begin(), ratios.end());
  std::printf("  %-36s %.3f of the throughput without it (%.3f to %.3f in %d rounds)\n",
              "with a stalled subscriber", Median(ratios), ratios.front(), ratios.back(), kRounds);
}

}  // namespace

void MeasureSubscribers(const ScaleOptions& options) {
  testing::Cluster cluster({.controllers = 3,
                            .brokers = 3,
                            .controller_program = options.controller,
                            .broker_flags = {"--log-level=warning"}});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  std::printf("%d subscribers\n", kManySubscribers);
  MeasureDelivery(cluster, client);
  CreateWrittenTopics(client);
  MeasureStalled(cluster, options.subscribers);
}

}  // namespace quorate::bench
