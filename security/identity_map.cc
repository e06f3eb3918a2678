#include "security/identity_map.h"

#include <optional>

#include "absl/strings/str_format.h"
#include "security/node_uri.h"

namespace quorate::security {

absl::StatusOr<Identity> IdentityMap::Find(const CertificateNames& names) const {
  std::optional<Identity> found;
  for (const std::string& uri : names.uris) {
    const std::optional<Identity> named = IdentityIn(uri, cluster_id_);
    if (!named || found == named) continue;
    if (found) {
      return absl::PermissionDeniedError(absl::StrFormat(
          "the certificate %s names several owners (%s): issue one certificate for each of them",
          SubjectText(names), UrisText(names.uris)));
    }
    found = named;
  }
  if (found) return *std::move(found);
  return absl::PermissionDeniedError(
      absl::StrFormat("the certificate %s names %s, which gives no role in cluster %s: issue one "
                      "with a URI such as "
                      "%s (docs/security.md, Roles)",
                      SubjectText(names), UrisText(names.uris), cluster_id_,
                      UriOf(cluster_id_, {.role = Role::kReader, .name = "NAME"})));
}

}  // namespace quorate::security
