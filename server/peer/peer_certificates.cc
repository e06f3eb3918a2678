#include "server/peer/peer_certificates.h"

#include "absl/strings/str_format.h"
#include "security/node_uri.h"

namespace quorate::server {
namespace {

using security::CertificateNames;
using security::Identity;
using security::IdentityMap;

bool BelongsTo(const CertificateNames& names, NodeId node, const IdentityMap& identities) {
  const absl::StatusOr<Identity> owner = identities.Find(names);
  return owner.ok() && *owner == Identity::Controller(node);
}

}  // namespace

client::ServerCheck AcceptController(const IdentityMap* identities, NodeId dialled) {
  return [identities, dialled](const client::ServerCertificate& server) {
    if (BelongsTo(server.names, dialled, *identities)) return absl::OkStatus();
    return absl::UnauthenticatedError(absl::StrFormat(
        "node %d was dialled, but the certificate of the answering process names %s and not %s: "
        "correct the peer addresses or that process's certificate",
        dialled.value(), security::UrisText(server.names.uris),
        security::ControllerUri(identities->cluster_id(), dialled)));
  };
}

absl::Status CheckCertificate(const Hello& hello, const CertificateNames& names,
                              const IdentityMap& identities) {
  if (BelongsTo(names, hello.from(), identities)) return absl::OkStatus();
  return absl::UnauthenticatedError(absl::StrFormat(
      "a process says that it is node %d, but its certificate names %s and not %s: give each "
      "controller the certificate that names it",
      hello.from().value(), security::UrisText(names.uris),
      security::ControllerUri(identities.cluster_id(), hello.from())));
}

}  // namespace quorate::server
