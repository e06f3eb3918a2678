#include "security/node_uri.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace quorate::security {
namespace {

constexpr size_t kMaxNameBytes = 64;

std::string Prefix(const std::string& cluster_id) {
  return absl::StrCat("quorate://cluster/", cluster_id, "/");
}

}  // namespace

std::string UriOf(const std::string& cluster_id, const Identity& identity) {
  const std::string kind = absl::StrCat(Prefix(cluster_id), NameOf(identity.role), "/");
  return IsNode(identity.role) ? absl::StrCat(kind, identity.id) : kind + identity.name;
}

std::string ControllerUri(const std::string& cluster_id, NodeId node) {
  return UriOf(cluster_id, Identity::Controller(node));
}

std::string BrokerUri(const std::string& cluster_id, BrokerId broker) {
  return UriOf(cluster_id, Identity::Broker(broker));
}

std::optional<Identity> IdentityIn(absl::string_view uri, const std::string& cluster_id) {
  if (!absl::ConsumePrefix(&uri, Prefix(cluster_id))) return std::nullopt;
  const size_t slash = uri.find('/');
  if (slash == absl::string_view::npos) return std::nullopt;
  const std::optional<Role> role = RoleOf(uri.substr(0, slash));
  const absl::string_view name = uri.substr(slash + 1);
  if (!role) return std::nullopt;
  if (IsNode(*role)) {
    const std::optional<int32_t> id = ParseNodeId(name);
    if (!id) return std::nullopt;
    return Identity{.role = *role, .id = *id};
  }
  if (!IsUriName(name)) return std::nullopt;
  return Identity{.role = *role, .name = std::string(name)};
}

bool IsUriName(absl::string_view name) {
  const auto is_allowed = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-' ||
           c == '@';
  };
  return !name.empty() && name.size() <= kMaxNameBytes &&
         std::all_of(name.begin(), name.end(), is_allowed);
}

}  // namespace quorate::security
