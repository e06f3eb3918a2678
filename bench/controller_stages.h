// The stages of bench/controller. Each prints what it measures.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bench/light_brokers.h"
#include "bench/subscribers.h"
#include "tests/harness/cluster.h"

namespace quorate::bench {

struct ScaleOptions {
  int topics = 1'000;
  int partitions = 100;
  // Real brokers, which replay the log.
  int replaying_brokers = 3;
  // The brokers that hold the replicas, with the replaying ones.
  int brokers = 10;
  // Subscribers that replay nothing.
  int subscribers = 27;
  int runs = 5;
  // The quorate-controller to run. If it is empty, the one built with this benchmark runs.
  std::string controller;
};

// A cluster with many partitions. Its stages end the program if anything fails.
class ScaledCluster {
 public:
  // Starts the controllers, the brokers and the subscribers.
  explicit ScaledCluster(const ScaleOptions& options);

  // Creates all topics. REQUIRED before the other stages.
  void Create();
  void Read();
  void KillBroker();
  void Join();
  void StartCold();
  void FailOver();

 private:
  int64_t partitions() const { return int64_t{options_.topics} * options_.partitions; }
  void PrintMemory(const char* when);
  // Waits until all brokers are in session.
  void AwaitBrokers();
  // Returns the time from the start of the controller until it answers a linearizable read.
  double AwaitRead(int node, std::chrono::steady_clock::time_point started);

  const ScaleOptions options_;
  testing::Cluster cluster_;
  std::unique_ptr<LightBrokers> light_brokers_;
  std::unique_ptr<Subscribers> subscribers_;
  // The resident memory of a controller and of a broker without partitions.
  int64_t controller_base_bytes_ = 0;
  int64_t broker_base_bytes_ = 0;
};

// Measures how long a write takes to its last delivery, at 20 writes a second, and how much one
// subscriber that reads nothing reduces the throughput.
void MeasureSubscribers(const ScaleOptions& options);

}  // namespace quorate::bench
