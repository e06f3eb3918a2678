// The address of the other end of a connection: as gRPC writes it, and as the kernel does.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/host_port.h"
#include "server/calls/remote_address.h"
#include "tests/fuzz/properties.h"

namespace quorate::fuzz {
namespace {

using server::RemoteAddress;

// Returns the address as gRPC writes it.
std::string PeerOf(const RemoteAddress& address) {
  const std::string ip = address.IpText();
  return ip.find(':') == std::string::npos ? absl::StrCat("ipv4:", ip, ":", address.port)
                                           : absl::StrCat("ipv6:%5B", ip, "%5D:", address.port);
}

// An address is its own text, and every address of a host has the same host.
void CheckAddress(const RemoteAddress& address) {
  const std::string text = address.ToString();
  CheckLine(text);
  const absl::StatusOr<HostPort> endpoint = ParseHostPort(text);
  CHECK_OK(endpoint.status());
  CHECK_EQ(endpoint->host, address.IpText());
  CHECK_EQ(endpoint->port, address.port);
  const std::string peer = PeerOf(address);
  CHECK(RemoteAddress::FromPeer(peer) == address) << peer;
  CHECK_EQ(server::AddressText(peer), text);

  const RemoteAddress host = address.Host();
  CHECK_EQ(host.port, 0);
  CHECK(host.Host() == host);
  CHECK_EQ(server::HostText(peer), host.IpText());
  RemoteAddress neighbour = address;
  neighbour.port = static_cast<uint16_t>(neighbour.port + 1);
  CHECK(neighbour.Host() == host);
}

void CheckPeer(const std::string& text) {
  if (const auto address = RemoteAddress::FromPeer(text)) return CheckAddress(*address);
  CHECK_EQ(server::AddressText(text), text);
  CHECK_EQ(server::HostText(text), "");
}

// The kernel's address of any family.
void CheckSocketAddress(std::string_view bytes) {
  sockaddr_storage storage = {};
  memcpy(&storage, bytes.data(), std::min(bytes.size(), sizeof(storage)));
  for (const int family : {AF_INET, AF_INET6, static_cast<int>(storage.ss_family)}) {
    storage.ss_family = static_cast<sa_family_t>(family);
    const auto address = RemoteAddress::From(storage);
    CHECK_EQ(address.has_value(), family == AF_INET || family == AF_INET6);
    if (address) CheckAddress(*address);
  }
}

}  // namespace
}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  quorate::fuzz::CheckPeer(text);
  quorate::fuzz::CheckPeer("ipv4:" + text);
  quorate::fuzz::CheckPeer("ipv6:%5B" + text);
  quorate::fuzz::CheckSocketAddress(text);
  return 0;
}
