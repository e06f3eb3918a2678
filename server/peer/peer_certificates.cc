#include "server/peer/peer_certificates.h"

#include "absl/strings/str_format.h"
#include "security/node_uri.h"

namespace quorate::server {

CallerCheck AdmitControllers(const std::string& cluster_id) {
  return [cluster_id](const std::vector<std::string>& uris) {
    if (security::IsAnyController(uris, cluster_id)) return absl::OkStatus();
    return absl::UnauthenticatedError(absl::StrFormat(
        "this port is for controllers of cluster %s, but the certificate of the caller names %s",
        cluster_id, security::UrisText(uris)));
  };
}

client::ServerCheck AcceptController(const std::string& cluster_id, NodeId dialled) {
  return [cluster_id, dialled](const client::ServerCertificate& server) {
    if (security::IsController(server.uris, cluster_id, dialled)) return absl::OkStatus();
    return absl::UnauthenticatedError(absl::StrFormat(
        "node %d was dialled, but the certificate of the answering process names %s and not %s: "
        "correct the peer addresses or that process's certificate",
        dialled.value(), security::UrisText(server.uris),
        security::ControllerUri(cluster_id, dialled)));
  };
}

absl::Status CheckCertificate(const Hello& hello, const std::vector<std::string>& uris) {
  if (security::IsController(uris, hello.cluster_id, hello.from())) return absl::OkStatus();
  return absl::UnauthenticatedError(absl::StrFormat(
      "a process says that it is node %d, but its certificate names %s and not %s: give each "
      "controller the certificate that names it",
      hello.from().value(), security::UrisText(uris),
      security::ControllerUri(hello.cluster_id, hello.from())));
}

}  // namespace quorate::server
