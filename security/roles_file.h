// The file of --roles-file: it gives roles to certificates without a URI of the cluster, such as
// those of a company's own CA.
#pragma once

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "security/identity.h"

namespace quorate::security {

inline constexpr size_t kMaxRolesFileBytes = size_t{1} << 20;

// The owners by the names in their certificates: "CN=alice,O=corp" or "URI:spiffe://corp/ops".
using NamedRoles = absl::flat_hash_map<std::string, Identity>;

// Parses the lines of a roles file. An empty line and one that begins with '#' do not count. Every
// other line is a role and a name of a certificate:
//
//   admin        CN=alice,O=corp
//   operator     URI:spiffe://corp/ops
//   reader       CN=grafana,OU=Monitoring,O=corp
//   broker 3     URI:spiffe://corp/kafka/3
//   controller 1 CN=controller-1,O=corp
//
// The owner of an admin, operator or reader line gets the name of the certificate as its own.
// Returns INVALID_ARGUMENT if a line is malformed or repeats a name; the message begins with the
// number of the line ("line 3: ") and names the remedy.
absl::StatusOr<NamedRoles> ParseRolesFile(absl::string_view text);

}  // namespace quorate::security
