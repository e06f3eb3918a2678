#include "bench/bare_system.h"

#include "absl/strings/str_cat.h"
#include "bench/own_server.h"
#include "tests/harness/ports.h"

namespace quorate::bench {

BareSystem::BareSystem() {
  const std::vector<uint16_t> ports = testing::FreePorts(3);
  // Starts the followers first, because the leader dials them only once.
  StartServer(ports[1], {});
  StartServer(ports[2], {});
  StartServer(ports[0], {ports[1], ports[2]});
  writes_.emplace(HostPort{"127.0.0.1", ports[0]}, ConfigWrite());
}

LoadResult BareSystem::Load(const LoadOptions& options) {
  return writes_->Run(options, processes_);
}

void BareSystem::StartServer(uint16_t port, const std::vector<uint16_t>& followers) {
  const HostPort endpoint{"127.0.0.1", port};
  const std::string file = absl::StrCat(directory_.path(), "/writes-", port);
  std::vector<std::string> flags = {absl::StrCat(kEndpointFlag, "=", endpoint.ToString()),
                                    absl::StrCat(kFileFlag, "=", file)};
  for (const uint16_t follower : followers) {
    flags.push_back(absl::StrCat(kFollowerFlag, "=", HostPort{"127.0.0.1", follower}.ToString()));
  }
  servers_.push_back(StartOwnServer(endpoint, flags, file + ".log"));
  processes_.push_back(servers_.back()->pid());
}

}  // namespace quorate::bench
