// Accepts connections and hands them to gRPC. gRPC's own listener stops accepting for good once
// accept(2) fails because the process has no free descriptor. The acceptor instead closes a
// connection that would use one of the last descriptors, and goes on accepting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/host_port.h"
#include "server/calls/connection_gate.h"

namespace quorate::server {

// Listens on one address and accepts on its own thread, which runs from Start to Stop. Not
// thread-safe.
class Acceptor {
 public:
  // Listens on every address that `address` resolves to. Errors are FAILED_PRECONDITION; the
  // message names `option` and the remedy.
  static absl::StatusOr<std::unique_ptr<Acceptor>> Listen(const HostPort& address,
                                                          const std::string& option);
  // Calls Stop.
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Returns the bound port, also if the address has port 0.
  uint16_t port() const { return port_; }

  // Starts accepting. Connections use descriptors below `max_descriptors` and the limit of the
  // process. A connection whose descriptor is one of the last `reserve` of these, but at most the
  // last quarter of them, is closed at once; `gate` gets all others. The kernel assigns the lowest
  // free number to a new descriptor, so the number shows how many descriptors are in use.
  //
  // Example: limit 1024, `reserve` 128. Connections get descriptors 0 to 895; one that would be
  // descriptor 896 is closed, which leaves 128 for files and for listeners with a smaller reserve.
  void Start(int reserve, size_t max_descriptors, std::shared_ptr<ConnectionGate> gate);
  // Closes the port. The gate passes nothing on after it returns. Idempotent.
  void Stop();

 private:
  explicit Acceptor(std::string name) : name_(std::move(name)) {}

  void Run();
  void Accept(int listener);
  // Accepts and closes the oldest waiting connection, with the spare descriptor. Called when the
  // process has no free descriptor.
  void CloseOne(int listener);
  void CountClosed();

  const std::string name_;
  std::vector<int> listeners_;
  uint16_t port_ = 0;
  int reserve_ = 0;
  size_t max_descriptors_ = 0;
  std::shared_ptr<ConnectionGate> gate_;
  std::thread thread_;
  // An eventfd; Stop writes to it to wake the thread.
  int stop_event_ = -1;

  // Used only by the acceptor's thread.
  int spare_ = -1;
  int64_t closed_ = 0;
};

}  // namespace quorate::server
