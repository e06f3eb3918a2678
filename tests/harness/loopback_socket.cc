#include "tests/harness/loopback_socket.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

namespace quorate::testing {

sockaddr_in LoopbackAddress(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

LoopbackSocket::LoopbackSocket(uint16_t port)
    : fd_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  PCHECK(fd_ >= 0);
  const int on = 1;
  PCHECK(setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0);
  sockaddr_in address = LoopbackAddress(port);
  PCHECK(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  socklen_t size = sizeof(address);
  PCHECK(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
}

LoopbackSocket::~LoopbackSocket() { close(fd_); }

void LoopbackSocket::Listen() { PCHECK(listen(fd_, 128) == 0); }

}  // namespace quorate::testing
