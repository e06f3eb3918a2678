#include "tests/harness/ports.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace quorate::testing {
namespace {

constexpr uint16_t kFirst = 20000;
constexpr uint16_t kEnd = 32000;  // Linux uses ephemeral ports from 32768 on
constexpr uint16_t kBlockSize = 50;

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

// Claims the ports from `first` on for this process until it ends, and returns whether no other
// process has done so. The claim is the name of a socket, which the kernel frees with the process.
bool Claim(uint16_t first) {
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  PCHECK(fd >= 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // The name begins with a zero, so it is not that of a file.
  absl::SNPrintF(address.sun_path + 1, sizeof(address.sun_path) - 1, "quorate-test-ports-%d",
                 first);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) return true;
  PCHECK(errno == EADDRINUSE);
  close(fd);
  return false;
}

// The ports that this process has claimed and not used yet.
struct Block {
  uint16_t next = 0;
  uint16_t end = 0;
};

Block ClaimBlock() {
  constexpr int kBlocks = (kEnd - kFirst) / kBlockSize;
  // Tests that run in parallel usually find a free block at once.
  static int number = getpid() % kBlocks;
  for (int tries = 0; tries < kBlocks; ++tries) {
    const auto first = static_cast<uint16_t>(kFirst + number * kBlockSize);
    number = (number + 1) % kBlocks;
    if (Claim(first)) return {.next = first, .end = static_cast<uint16_t>(first + kBlockSize)};
  }
  LOG(FATAL) << "other tests use all ports between " << kFirst << " and " << kEnd;
}

}  // namespace

std::vector<uint16_t> FreePorts(size_t count) {
  static Block block;
  std::vector<uint16_t> ports;
  while (ports.size() < count) {
    if (block.next == block.end) block = ClaimBlock();
    if (IsFree(block.next)) ports.push_back(block.next);
    ++block.next;
  }
  return ports;
}

}  // namespace quorate::testing
