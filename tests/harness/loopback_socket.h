// A TCP socket at a port of 127.0.0.1, for tests: bound only, it keeps the port for the test while
// the server behind it comes and goes.
#pragma once

#include <netinet/in.h>

#include <cstdint>

namespace quorate::testing {

sockaddr_in LoopbackAddress(uint16_t port);

// Non-blocking. Allows the reuse of its address, as gRPC's listeners do: of several such sockets at
// one port at most one may listen. While none does, connections to the port are refused.
class LoopbackSocket {
 public:
  // Port 0: a free one.
  explicit LoopbackSocket(uint16_t port = 0);
  ~LoopbackSocket();
  LoopbackSocket(const LoopbackSocket&) = delete;
  LoopbackSocket& operator=(const LoopbackSocket&) = delete;

  void Listen();

  uint16_t port() const { return port_; }
  int fd() const { return fd_; }

 private:
  const int fd_;
  uint16_t port_ = 0;
};

}  // namespace quorate::testing
