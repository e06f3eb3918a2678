// How a certificate names its owner: by a URI in its subject alternative names, such as
// quorate://cluster/MkU3OEVBNTcwNTJENDM2Qg/controller/1 or …/admin/maria. docs/security.md
// describes the scheme.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "base/ids.h"
#include "security/identity.h"

namespace quorate::security {

// Returns the URI of this owner. REQUIRES: IsUriName(identity.name), or the owner is a node.
std::string UriOf(const std::string& cluster_id, const Identity& identity);
std::string ControllerUri(const std::string& cluster_id, NodeId node);
std::string BrokerUri(const std::string& cluster_id, BrokerId broker);

// Returns the owner that the URI names, or nullopt if it is not a URI of this cluster or is
// malformed.
std::optional<Identity> IdentityIn(absl::string_view uri, const std::string& cluster_id);

// Returns whether `name` can be the name of an admin, operator or reader in a URI: 1 to 64 letters,
// digits, '.', '_', '-' and '@'.
bool IsUriName(absl::string_view name);

}  // namespace quorate::security
