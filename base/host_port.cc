#include "base/host_port.h"

#include <arpa/inet.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/quote.h"

namespace quorate {
namespace {

// RFC 1035 §2.3.4.
constexpr size_t kMaxNameLength = 253;

// Makes a binary address of the text. Returns whether all of the text is one: inet_pton itself
// ignores what follows a zero byte.
bool ParseAddress(int family, const std::string& host, void* address) {
  return !absl::StrContains(host, '\0') && inet_pton(family, host.c_str(), address) == 1;
}

bool IsIpv4(const std::string& host) {
  in_addr address;
  return ParseAddress(AF_INET, host, &address);
}

bool IsIpv6(const std::string& host) {
  in6_addr address;
  return ParseAddress(AF_INET6, host, &address);
}

// Accepts underscores too: container engines assign such names.
bool IsHostName(const std::string& host) {
  return host.size() <= kMaxNameLength && absl::ascii_isalnum(host.front()) &&
         std::all_of(host.begin(), host.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_';
         });
}

// "256.0.0.1" and "1.2.3" are mistyped addresses, not names.
bool LooksNumeric(const std::string& host) {
  return std::all_of(host.begin(), host.end(),
                     [](unsigned char c) { return absl::ascii_isdigit(c) || c == '.'; });
}

absl::Status Invalid(std::string_view text, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrFormat("'%s' %s", Printable(text), what));
}

}  // namespace

std::string HostPort::ToString() const {
  const bool v6 = absl::StrContains(host, ':');
  return v6 ? absl::StrFormat("[%s]:%d", host, port) : absl::StrFormat("%s:%d", host, port);
}

bool HostPort::IsWildcard() const {
  in_addr v4;
  if (ParseAddress(AF_INET, host, &v4)) return v4.s_addr == INADDR_ANY;
  in6_addr v6;
  return ParseAddress(AF_INET6, host, &v6) && IN6_IS_ADDR_UNSPECIFIED(&v6);
}

bool HostPort::IsAddress() const { return IsIpv4(host) || IsIpv6(host); }

absl::StatusOr<HostPort> ParseHostPort(std::string_view text) {
  HostPort result;
  std::string port;
  if (text.starts_with('[')) {
    const size_t close = text.find("]:");
    if (close == std::string_view::npos) return Invalid(text, "is not [IPV6]:PORT");
    result.host = std::string(text.substr(1, close - 1));
    port = std::string(text.substr(close + 2));
    if (!IsIpv6(result.host)) return Invalid(text, "has no IPv6 address between its brackets");
  } else {
    const size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return Invalid(text, "has no port: expected HOST:PORT");
    result.host = std::string(text.substr(0, colon));
    port = std::string(text.substr(colon + 1));
    if (result.host.empty()) return Invalid(text, "has no host: expected HOST:PORT");
    if (absl::StrContains(result.host, ':')) {
      return Invalid(text, "is not HOST:PORT (an IPv6 address is written [ADDRESS]:PORT)");
    }
    if (LooksNumeric(result.host) ? !IsIpv4(result.host) : !IsHostName(result.host)) {
      return Invalid(text, "has neither a host name nor an address before its port");
    }
  }
  int number = -1;
  const bool digits = !port.empty() && std::all_of(port.begin(), port.end(), absl::ascii_isdigit);
  if (!digits || !absl::SimpleAtoi(port, &number) || number > UINT16_MAX) {
    return Invalid(text, "has no port from 0 to 65535 after its last colon");
  }
  result.port = static_cast<uint16_t>(number);
  return result;
}

absl::StatusOr<HostPort> ParseAdvertised(std::string_view text) {
  ASSIGN_OR_RETURN(HostPort parsed, ParseHostPort(text));
  if (parsed.IsWildcard()) {
    return Invalid(text, "is a wildcard, which others cannot dial: name the host that others use");
  }
  if (parsed.port == 0) return Invalid(text, "has port 0, which others cannot dial");
  return parsed;
}

}  // namespace quorate
