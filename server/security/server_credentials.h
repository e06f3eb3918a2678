// The credentials of a listener: mutual TLS with the certificates in a TlsStore.
//
// gRPC 1.51 has two ways to serve new certificates without a restart. The C++ class for it
// (FileWatcherCertificateProvider) drops the certificate in use when a file does not parse or does
// not match, so that every later handshake fails. The C function that is used here asks for the
// certificate at each handshake and keeps the last good one.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "security/tls_store.h"

namespace quorate::server {

// Decides whether a caller may use a listener at all, by the URIs of its certificate. Runs before
// any byte of a call's message is parsed. Its error ends the call as UNAUTHENTICATED. Called on
// gRPC's threads.
using CallerCheck = std::function<absl::Status(const std::vector<std::string>& uris)>;

// Returns credentials that require a certificate, signed by one of the CAs in `tls`, of every
// caller. TLS 1.2 is the oldest version. Each new connection uses what is current in `tls` then;
// connections that are open stay open. A call is refused if its certificate is revoked by then,
// also on an old connection, or if `check` (null: none) refuses it. `tls` must outlive the server.
// Returns plain-text credentials if `tls` is null.
std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const security::TlsStore* tls,
                                                               CallerCheck check = nullptr);

}  // namespace quorate::server
