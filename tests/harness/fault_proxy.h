// A TCP proxy on loopback between two nodes of a test, which can cut, refuse, swallow or delay what
// passes. The peer transport's and the brokers' addresses are configured, so a test puts it in by
// naming its port instead of the real one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>

#include "absl/functional/any_invocable.h"

namespace quorate::testing {

// Runs one thread. Each call returns when the fault is in force. Not thread-safe.
class FaultProxy {
 public:
  enum class Direction { kToUpstream, kToClient, kBoth };

  // Listens on a free port of 127.0.0.1, which stays its own until it is destroyed, and forwards to
  // `upstream_port` there. Upstream need not listen yet: a connection that it refuses is reset.
  explicit FaultProxy(uint16_t upstream_port);
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  uint16_t port() const { return port_; }

  // Ends every fault: what a blackhole held back is delivered.
  void Forward();
  // Resets every connection once; new ones are treated as before.
  void Cut();
  // Resets every connection, and refuses new ones, as a host does whose process has died.
  void Refuse();
  // Delivers nothing in that direction, neither bytes nor the end of a connection, as a network
  // that swallows packets. New connections are still accepted, which such a network would not do.
  void Blackhole(Direction direction);
  // Delivers everything this much later, in both directions, from now on.
  void Delay(std::chrono::milliseconds delay);

  // Connections that are open now, and that were ever accepted.
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
