// Subscribers to the metadata log that record when each batch arrives, and replay nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/harness/cluster.h"

namespace quorate::bench {

// When one batch had arrived at every subscriber.
struct Delivery {
  int64_t end_offset = 0;
  // The reason for the batch, as the log has it.
  std::string cause;
  int arrivals = 0;
  std::chrono::steady_clock::time_point last;
};

// The subscribers are spread over the controllers. A subscription that ends is not opened again.
// Thread-safe.
class Subscribers {
 public:
  // kStalled: the subscribers read nothing.
  enum class Kind { kReading, kStalled };

  // Subscribes `count` times, from the beginning of the log. The cluster must not use TLS.
  Subscribers(const testing::Cluster& cluster, int count, Kind kind = Kind::kReading);
  // Cancels the subscriptions.
  ~Subscribers();
  Subscribers(const Subscribers&) = delete;
  Subscribers& operator=(const Subscribers&) = delete;

  // Waits until every open subscription has reached the end of the log once.
  void AwaitCaughtUp();
  // How many subscriptions are open.
  int Open() const;
  // Begins to record deliveries, without the earlier ones.
  void Record();
  // Stops recording. Returns the deliveries since Record, in the order of their offsets.
  std::vector<Delivery> Take();

 private:
  class Stream;
  struct Shared;

  const std::shared_ptr<Shared> shared_;
  std::vector<std::unique_ptr<Stream>> streams_;
};

}  // namespace quorate::bench
