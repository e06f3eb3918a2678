#include "server/calls/remote_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace quorate::server {
namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr size_t kNetworkBytes = 8;
// Brackets are escaped.
constexpr std::string_view kIpv4Prefix = "ipv4:";
constexpr std::string_view kIpv6Prefix = "ipv6:%5B";
constexpr std::string_view kIpv6Suffix = "%5D";

bool IsMapped(const std::array<uint8_t, 16>& ip) {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), ip.begin());
}

std::array<uint8_t, 16> Mapped(const in_addr& address) {
  std::array<uint8_t, 16> ip = {};
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), ip.begin());
  memcpy(ip.data() + kMappedPrefix.size(), &address, sizeof(address));
  return ip;
}

}  // namespace

std::optional<RemoteAddress> RemoteAddress::From(const sockaddr_storage& address) {
  RemoteAddress remote;
  if (address.ss_family == AF_INET) {
    sockaddr_in ipv4 = {};
    memcpy(&ipv4, &address, sizeof(ipv4));
    remote.ip = Mapped(ipv4.sin_addr);
    remote.port = ntohs(ipv4.sin_port);
    return remote;
  }
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 ipv6 = {};
    memcpy(&ipv6, &address, sizeof(ipv6));
    memcpy(remote.ip.data(), &ipv6.sin6_addr, remote.ip.size());
    remote.port = ntohs(ipv6.sin6_port);
    return remote;
  }
  return std::nullopt;
}

std::optional<RemoteAddress> RemoteAddress::FromPeer(std::string_view peer) {
  RemoteAddress remote;
  const size_t colon = peer.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const char* const end = peer.data() + peer.size();
  const auto [rest, error] = std::from_chars(peer.data() + colon + 1, end, remote.port);
  if (error != std::errc() || rest != end) return std::nullopt;
  const std::string_view host = peer.substr(0, colon);
  if (host.starts_with(kIpv4Prefix)) {
    in_addr address = {};
    const std::string text(host.substr(kIpv4Prefix.size()));
    if (inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
    remote.ip = Mapped(address);
    return remote;
  }
  if (host.starts_with(kIpv6Prefix) && host.ends_with(kIpv6Suffix)) {
    // A link-local address has a zone behind an escaped '%'.
    const std::string_view address = host.substr(kIpv6Prefix.size());
    const std::string text(address.substr(0, address.find('%')));
    if (inet_pton(AF_INET6, text.c_str(), remote.ip.data()) != 1) return std::nullopt;
    return remote;
  }
  return std::nullopt;
}

std::string RemoteAddress::IpText() const {
  char text[INET6_ADDRSTRLEN] = {};
  if (IsMapped(ip)) {
    inet_ntop(AF_INET, ip.data() + kMappedPrefix.size(), text, sizeof(text));
  } else {
    inet_ntop(AF_INET6, ip.data(), text, sizeof(text));
  }
  return text;
}

std::string RemoteAddress::ToString() const {
  return IsMapped(ip) ? absl::StrCat(IpText(), ":", port) : absl::StrCat("[", IpText(), "]:", port);
}

RemoteAddress RemoteAddress::Host() const {
  RemoteAddress host = {.ip = ip, .port = 0};
  if (!IsMapped(ip)) std::fill(host.ip.begin() + kNetworkBytes, host.ip.end(), 0);
  return host;
}

std::string AddressText(std::string_view peer) {
  const std::optional<RemoteAddress> remote = RemoteAddress::FromPeer(peer);
  return remote ? remote->ToString() : std::string(peer);
}

std::string HostText(std::string_view peer) {
  const std::optional<RemoteAddress> remote = RemoteAddress::FromPeer(peer);
  return remote ? remote->Host().IpText() : "";
}

}  // namespace quorate::server
