// A TCP socket at a port of 127.0.0.1. While it is only bound, it reserves the port for a test
// whose server is started and stopped repeatedly.
#pragma once

#include <netinet/in.h>

#include <cstdint>

namespace quorate::testing {

sockaddr_in LoopbackAddress(uint16_t port);

// Non-blocking. It allows the reuse of its address, like gRPC's listeners: several such sockets may
// be bound to one port, but at most one may listen. While none listens, connections to the port are
// refused.
class LoopbackSocket {
 public:
  // Port 0 chooses a free port.
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
