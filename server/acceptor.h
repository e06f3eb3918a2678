// Accepts connections in place of gRPC, whose listener never accepts again once accept(2) has found
// no free descriptor. Here a connection that would take the last descriptors is closed at once, and
// accepting goes on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/host_port.h"

namespace quorate::server {

// A thread of its own, from Start to Stop.
class Acceptor {
 public:
  // Takes over a connected socket, which does not block.
  using Take = std::function<void(int listener, int connection)>;

  // Listens on every address that `address` names. `option` names it in errors, which are
  // FAILED_PRECONDITION with the remedy.
  static absl::StatusOr<std::unique_ptr<Acceptor>> Listen(const HostPort& address,
                                                          const std::string& option);
  // Stops.
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // The bound one, also where the address has port 0.
  uint16_t port() const { return port_; }

  // Connections whose descriptor is among the last `reserve` ones of the process are closed. A new
  // descriptor has the lowest free number, so that number tells how many are in use.
  void Start(int reserve, Take take);
  // Closes the port. Nothing is taken over afterwards. Idempotent.
  void Stop();

 private:
  explicit Acceptor(std::string name) : name_(std::move(name)) {}

  void Run();
  void Accept(int listener);
  // No descriptor is free: uses a spare one to close the connection that waits longest.
  void CloseOne(int listener);
  void CountClosed();

  const std::string name_;
  std::vector<int> listeners_;
  uint16_t port_ = 0;
  int reserve_ = 0;
  Take take_;
  std::thread thread_;
  // Written to by Stop.
  int stop_event_ = -1;

  // The thread's.
  int spare_ = -1;
  int64_t closed_ = 0;
};

}  // namespace quorate::server
