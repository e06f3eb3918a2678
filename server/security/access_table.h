// The table of all calls: which roles may make each one, and which ports serve it. A call without a
// row is refused. docs/security.md contains the table; a test keeps it up to date, and another one
// fails if a method of a service has no row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "security/identity.h"

namespace quorate::server {

// The gRPC listeners: the client port and the peer port of a controller, and the port of a broker.
enum class Port : uint8_t { kClient, kPeer, kBroker };
inline constexpr Port kPorts[] = {Port::kClient, Port::kPeer, Port::kBroker};

// Returns "client", "peer" or "broker".
const char* NameOf(Port port);

// A set of values of an enumeration with at most 8 of them.
template <typename Enum>
class EnumSet {
 public:
  constexpr EnumSet(std::initializer_list<Enum> members) {
    for (const Enum member : members) Add(member);
  }

  constexpr void Add(Enum member) { bits_ |= Bit(member); }
  constexpr void Add(const EnumSet& members) { bits_ |= members.bits_; }
  constexpr bool Contains(Enum member) const { return (bits_ & Bit(member)) != 0; }

 private:
  static constexpr unsigned Bit(Enum member) { return 1U << static_cast<unsigned>(member); }

  unsigned bits_ = 0;
};

struct AccessRow {
  // "/quorate.admin.v1.AdminService/CreateTopics"
  std::string_view path;
  EnumSet<security::Role> roles;
  EnumSet<Port> ports;
};

std::span<const AccessRow> AccessTable();

// Returns the row of the method with this path, or null if there is none.
const AccessRow* FindAccessRow(std::string_view path);

enum class Access : uint8_t {
  kAllowed,
  // The role may not make the call, wherever it is served; or the port serves this role nothing.
  kDenied,
  // The role may make the call, but another port serves it; or there is no such method.
  kNotServed,
};

// Returns whether an owner of this role may make the call of `row` (null: no such method) on this
// port.
Access AccessOf(const AccessRow* row, Port port, security::Role role);

// Returns the roles that may make any call on this port.
EnumSet<security::Role> RolesOf(Port port);

// Returns the roles for a sentence: "admin", "admin or operator", "controller, broker or reader".
std::string RolesText(const EnumSet<security::Role>& roles);

}  // namespace quorate::server
