// Makes gRPC's channel credentials of the certificates in a TlsStore.
#pragma once

#include <grpcpp/security/credentials.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "security/certificate_names.h"
#include "security/tls_store.h"

namespace quorate::client {

// What a server's certificate says, after its signature and dates were verified.
struct ServerCertificate {
  // The host that was dialled, without the port.
  std::string dialled_host;
  std::string pem;
  security::CertificateNames names;
};

// Decides whether this is the server that was dialled. An error refuses the connection, and its
// message becomes a part of the failed call's. Called on gRPC's threads.
using ServerCheck = std::function<absl::Status(const ServerCertificate&)>;

// Accepts a certificate that was issued for the host that was dialled.
absl::Status CheckDialledHost(const ServerCertificate& server);

// Returns the credentials for new channels. A channel keeps the certificate, the CAs and the
// revocation list that are current now, also when it reconnects, so a long-lived owner makes a new
// channel when the store has changed. Returns plain-text credentials if `tls` is null.
std::shared_ptr<grpc::ChannelCredentials> MakeChannelCredentials(
    const security::TlsStore* tls, ServerCheck check = CheckDialledHost);

}  // namespace quorate::client
