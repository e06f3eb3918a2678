#include "security/identity.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace quorate::security {

const char* NameOf(Role role) {
  switch (role) {
    case Role::kController:
      return "controller";
    case Role::kBroker:
      return "broker";
    case Role::kAdmin:
      return "admin";
    case Role::kOperator:
      return "operator";
    case Role::kReader:
      return "reader";
  }
  LOG(FATAL) << "no such role";
}

std::optional<Role> RoleOf(absl::string_view name) {
  for (const Role role : kRoles) {
    if (NameOf(role) == name) return role;
  }
  return std::nullopt;
}

std::string PrincipalOf(const Identity& identity) {
  switch (identity.role) {
    case Role::kController:
      return absl::StrCat("Controller:", identity.id);
    case Role::kBroker:
      return absl::StrCat("Broker:", identity.id);
    default:
      return absl::StrCat("User:", NameOf(identity.role), "/", identity.name);
  }
}

std::optional<int32_t> ParseNodeId(absl::string_view text) {
  int32_t id = -1;
  // Compared as a whole, because SimpleAtoi also accepts "+1" and " 1".
  if (!absl::SimpleAtoi(text, &id) || id < 0 || absl::StrCat(id) != text) return std::nullopt;
  return id;
}

}  // namespace quorate::security
