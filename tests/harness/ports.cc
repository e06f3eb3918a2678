#include "tests/harness/ports.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

namespace quorate::testing {
namespace {

constexpr uint16_t kFirst = 20000;
constexpr uint16_t kEnd = 32000;  // Linux uses ephemeral ports from 32768 on

bool IsFree(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  PCHECK(fd >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const bool free = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return free;
}

}  // namespace

std::vector<uint16_t> FreePorts(size_t count) {
  // Tests that run in parallel begin at different ports.
  static uint16_t next = static_cast<uint16_t>(kFirst + (getpid() * 64) % (kEnd - kFirst));
  std::vector<uint16_t> ports;
  for (int tries = 0; ports.size() < count; ++tries) {
    CHECK_LT(tries, kEnd - kFirst) << "no free ports between " << kFirst << " and " << kEnd;
    if (IsFree(next)) ports.push_back(next);
    next = next + 1 == kEnd ? kFirst : static_cast<uint16_t>(next + 1);
  }
  return ports;
}

}  // namespace quorate::testing
