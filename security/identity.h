// Who the owner of a certificate is to the cluster: a node or a person, with the role that decides
// which calls it may make (server/security/access_table.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "base/ids.h"

namespace quorate::security {

enum class Role : uint8_t {
  kController,
  kBroker,
  // May make every call of the client port, except those of brokers.
  kAdmin,
  // Runs the cluster from day to day, and cannot destroy data or change who belongs to it.
  kOperator,
  // Reads, and changes nothing.
  kReader,
};
inline constexpr Role kRoles[] = {Role::kController, Role::kBroker, Role::kAdmin, Role::kOperator,
                                  Role::kReader};

// Returns "controller", "broker", "admin", "operator" or "reader".
const char* NameOf(Role role);
// Returns the role of that name, or nullopt if there is none.
std::optional<Role> RoleOf(absl::string_view name);
// Returns whether the owners of this role are nodes, which have ids. All others have names.
inline bool IsNode(Role role) { return role == Role::kController || role == Role::kBroker; }

struct Identity {
  static constexpr size_t kMaxNameBytes = 256;

  Role role = Role::kReader;
  // The id of a controller or broker; -1 for the other roles.
  int32_t id = -1;
  // The name of an admin, operator or reader, at most kMaxNameBytes; empty for nodes.
  std::string name = {};

  static Identity Controller(NodeId node) {
    return {.role = Role::kController, .id = node.value()};
  }
  static Identity Broker(BrokerId broker) { return {.role = Role::kBroker, .id = broker.value()}; }

  friend bool operator==(const Identity&, const Identity&) = default;
};

// Returns the principal of requests that the owner sends: "Controller:1", "Broker:3",
// "User:admin/maria".
std::string PrincipalOf(const Identity& identity);

// The principal of everyone who calls in plain text. The name is Kafka's.
inline constexpr char kAnonymous[] = "User:ANONYMOUS";

// Returns the id if `text` is one as the cluster writes it (decimal digits without a sign or
// leading zeros), else nullopt.
std::optional<int32_t> ParseNodeId(absl::string_view text);

}  // namespace quorate::security
