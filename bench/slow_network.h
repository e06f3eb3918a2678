// Networks between controllers that delay and hold back what is sent. They are made of proxies, so
// they work on any kernel and without privileges. A proxy delays what a TCP connection delivers; it
// cannot lose single segments.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "tests/harness/cluster.h"

namespace quorate::bench {

struct SlowNetwork {
  std::string name;
  // Each read of a proxy is delivered after `delay` and a random part of `jitter`, in both
  // directions.
  std::chrono::milliseconds delay{0};
  std::chrono::milliseconds jitter{0};
  // Again and again, one controller at a time sends and receives nothing for a random time from
  // stall_min to stall_max, as when the segments at its link are lost and sent again, or its
  // machine stands still. The pauses between are random, and stall_pause on average. 0: no stalls.
  std::chrono::milliseconds stall_pause{0};
  std::chrono::milliseconds stall_min{0};
  std::chrono::milliseconds stall_max{0};
  // How long a client waits for an answer before it repeats its write.
  std::chrono::milliseconds attempt_timeout{0};
};

// Returns "lan", "wan" or "noisy", and null for another name.
const SlowNetwork* FindNetwork(const std::string& name);

// Imposes a network on the connections between the controllers. Owns one thread, and is the only
// one that uses the cluster's proxies. REQUIRES: the cluster has proxied_peers, and outlives this.
class NetworkFaults {
 public:
  NetworkFaults(const SlowNetwork& network, testing::Cluster& cluster);
  ~NetworkFaults();
  NetworkFaults(const NetworkFaults&) = delete;
  NetworkFaults& operator=(const NetworkFaults&) = delete;

 private:
  void DelayAll();
  void Stall();
  // Returns false if it has to stop.
  bool Pause(std::chrono::milliseconds duration) const;

  const SlowNetwork network_;
  testing::Cluster& cluster_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace quorate::bench
