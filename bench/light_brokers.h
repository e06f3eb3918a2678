// Brokers that cost the machine little: they register and keep their sessions, but replay nothing.
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "base/host_port.h"
#include "quorate/broker/v1/broker_service.grpc.pb.h"
#include "tests/harness/cluster.h"

namespace quorate::bench {

// Owns one thread for each broker. The cluster must not use TLS.
class LightBrokers {
 public:
  // Registers brokers with the ids from `first_id` on, and begins to send their heartbeats to the
  // controllers of the cluster. The controllers cannot reach these brokers.
  LightBrokers(const testing::Cluster& cluster, int first_id, int count);
  // Ends the sessions without a goodbye.
  ~LightBrokers();
  LightBrokers(const LightBrokers&) = delete;
  LightBrokers& operator=(const LightBrokers&) = delete;

  // Returns the longest time that a heartbeat has waited for its answer since the last call. A
  // heartbeat without an answer does not count.
  double TakeLongestHeartbeatMs();

 private:
  void Run(int broker_id);
  // Sends heartbeats to one controller until the stream ends.
  void Beat(broker::v1::BrokerService::Stub& controller, int broker_id, int64_t broker_epoch,
            const std::string& incarnation_id);

  const std::string cluster_id_;
  const std::vector<HostPort> controllers_;
  std::atomic<bool> stop_{false};
  std::atomic<double> longest_ms_{0};
  std::vector<std::thread> threads_;
};

}  // namespace quorate::bench
