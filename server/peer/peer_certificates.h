// What certificates must prove on a connection between controllers. With TLS, the certificate names
// the controller (security/node_uri.h), and a Hello counts only if it says the same.
#pragma once

#include "absl/status/status.h"
#include "base/ids.h"
#include "client/tls_channel.h"
#include "security/identity_map.h"
#include "server/peer/peer_hello.h"

namespace quorate::server {

// Accepts a server only if it is the controller `dialled`. Its host name does not matter.
// `identities` must outlive the check.
client::ServerCheck AcceptController(const security::IdentityMap* identities, NodeId dialled);

// Returns UNAUTHENTICATED unless a certificate with these names belongs to the node that says
// Hello. The message names both.
absl::Status CheckCertificate(const Hello& hello, const security::CertificateNames& names,
                              const security::IdentityMap& identities);

}  // namespace quorate::server
