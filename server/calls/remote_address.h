// The address of the other end of a connection, as a value.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace quorate::server {

// An IPv4 address is kept in its IPv6-mapped form, so that a client has the same address on a
// listener of either family.
struct RemoteAddress {
  std::array<uint8_t, 16> ip = {};
  uint16_t port = 0;

  // Returns nullopt if the family is neither IPv4 nor IPv6.
  static std::optional<RemoteAddress> From(const sockaddr_storage& address);
  // Parses what grpc::ServerContext::peer() returns: "ipv4:10.0.0.1:4000" or
  // "ipv6:%5B2001:db8::1%5D:4000".
  static std::optional<RemoteAddress> FromPeer(std::string_view peer);

  // Returns "10.0.0.1:4000" or "[2001:db8::1]:4000".
  std::string ToString() const;
  // Returns the address without the port: "10.0.0.1" or "2001:db8::1".
  std::string IpText() const;

  // Returns the address by which connections are counted: of IPv6 the first 64 bits, because one
  // machine usually has all addresses of such a network. The port is 0.
  RemoteAddress Host() const;

  friend bool operator==(const RemoteAddress&, const RemoteAddress&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const RemoteAddress& address) {
    return H::combine(std::move(h), address.ip, address.port);
  }
};

// Returns the address in what grpc::ServerContext::peer() returns, as ToString writes it. Returns
// `peer` itself if it has another form.
std::string AddressText(std::string_view peer);
// Returns the host of that address (RemoteAddress::Host) without the port, or "" if `peer` has
// another form.
std::string HostText(std::string_view peer);

}  // namespace quorate::server
