// What certificates must prove on a connection between controllers. With TLS, the certificate names
// the controller (security/node_uri.h), and a Hello counts only if it says the same.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/ids.h"
#include "client/tls_channel.h"
#include "server/peer/peer_hello.h"
#include "server/security/server_credentials.h"

namespace quorate::server {

// Admits calls of any controller of the cluster to the peer listener.
CallerCheck AdmitControllers(const std::string& cluster_id);

// Accepts a server only if it is the controller `dialled`. Its host name does not matter.
client::ServerCheck AcceptController(const std::string& cluster_id, NodeId dialled);

// Returns UNAUTHENTICATED unless a certificate with these URIs belongs to the node that says Hello.
// The message names both.
absl::Status CheckCertificate(const Hello& hello, const std::vector<std::string>& uris);

}  // namespace quorate::server
