// The address of a listener, in the form HOST:PORT that flags, files and requests use.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace quorate {

struct HostPort {
  // A name, an IPv4 address, or an IPv6 address without its brackets.
  std::string host;
  // 0 only for a listener that may use any free port.
  uint16_t port = 0;

  // Returns "host:port", or "[v6]:port" for an IPv6 address.
  std::string ToString() const;
  // Returns whether the host stands for all addresses of a machine ("0.0.0.0", "::"). A listener
  // may use such a host, but it cannot be dialled.
  bool IsWildcard() const;
  // Returns whether the host is an IPv4 or IPv6 address rather than a name.
  bool IsAddress() const;

  friend bool operator==(const HostPort&, const HostPort&) = default;
};

// Parses HOST:PORT. Port 0 is valid, but the port must not be missing. Returns INVALID_ARGUMENT,
// which quotes `text` and says what is wrong, if `text` is not valid.
absl::StatusOr<HostPort> ParseHostPort(std::string_view text);

// Like ParseHostPort, for an address that others dial: also refuses a wildcard and port 0.
absl::StatusOr<HostPort> ParseAdvertised(std::string_view text);

}  // namespace quorate
