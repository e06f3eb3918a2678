// HOST:PORT, as flags, files and requests write the address of a listener.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace quorate {

struct HostPort {
  // A name, an IPv4 address, or an IPv6 address without its brackets.
  std::string host;
  // 0 only where a listener may choose a free port.
  uint16_t port = 0;

  // "host:port", "[v6]:port".
  std::string ToString() const;
  // Whether the host stands for every address of a machine ("0.0.0.0", "::"): fit to listen on,
  // useless to dial.
  bool IsWildcard() const;
  // Whether the host is an IPv4 or IPv6 address and not a name.
  bool IsAddress() const;

  friend bool operator==(const HostPort&, const HostPort&) = default;
};

// Port 0 is accepted, a missing one is not. INVALID_ARGUMENT quotes `text` and says what is wrong.
absl::StatusOr<HostPort> ParseHostPort(std::string_view text);

// As ParseHostPort, for an address that others are told: neither a wildcard nor port 0.
absl::StatusOr<HostPort> ParseAdvertised(std::string_view text);

}  // namespace quorate
