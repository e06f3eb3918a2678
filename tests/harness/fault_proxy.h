// A TCP proxy on loopback between two nodes of a test. It can cut, refuse, drop or delay
// connections and their data. A test inserts it by configuring its port instead of the real one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>

#include "absl/functional/any_invocable.h"

namespace quorate::testing {

// Owns one thread. Each call returns when the fault is in effect. Not thread-safe.
class FaultProxy {
 public:
  enum class Direction { kToUpstream, kToClient, kBoth };

  // Listens on a free port of 127.0.0.1, which it keeps until it is destroyed, and forwards to
  // `upstream_port`. The upstream server need not listen yet: a connection that it refuses is
  // reset.
  explicit FaultProxy(uint16_t upstream_port);
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  uint16_t port() const { return port_; }

  // Ends all faults. Data that a blackhole held back is delivered.
  void Forward();
  // Resets every connection once. New connections are treated as before.
  void Cut();
  // Resets every connection and refuses new ones, like a host whose process has died.
  void Refuse();
  // Delivers nothing in that direction, neither bytes nor the end of a connection, like a network
  // that drops packets. Unlike such a network, it still accepts new connections.
  void Blackhole(Direction direction);
  // Delays everything in both directions from now on, by `delay` and a random part of `jitter`.
  // Bytes stay in order.
  void Delay(std::chrono::milliseconds delay,
             std::chrono::milliseconds jitter = std::chrono::milliseconds(0));

  // Return the number of connections that are open now, and that were ever accepted.
  size_t open_connections();
  size_t accepted_connections();

 private:
  class Engine;

  // Runs `command` on the proxy's thread and waits for it.
  void Do(absl::AnyInvocable<void(Engine&)> command);

  uint16_t port_ = 0;
  std::unique_ptr<Engine> engine_;
  std::thread thread_;
};

}  // namespace quorate::testing
