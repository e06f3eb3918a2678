// The credentials of a listener: mutual TLS with the certificates in a TlsStore, and the check of
// every call.
//
// gRPC 1.51 has two ways to serve new certificates without a restart. The C++ class for it
// (FileWatcherCertificateProvider) drops the certificate in use when a file does not parse or does
// not match, so that every later handshake fails. The C function that is used here asks for the
// certificate at each handshake and keeps the last good one.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "audit/audit_log.h"
#include "security/tls_store.h"
#include "server/security/access_control.h"

namespace quorate::server {

// Returns credentials that require a certificate, signed by one of the CAs in `tls`, of every
// caller. TLS 1.2 is the oldest version. Each new connection uses what is current in `tls` then;
// connections that are open stay open. A call is refused before any byte of its message is parsed
// if its certificate is revoked by then (UNAUTHENTICATED), also on an old connection, or if
// `access` refuses it on this port. `audit_log` (null: none) records the calls that the certificate
// does not allow; gRPC does not know the address of their caller at that time. The arguments must
// outlive the server. Returns plain-text credentials, which allow every call, if `tls` is null;
// then `access` and `audit_log` are not used.
std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const security::TlsStore* tls,
                                                               Port port, AccessControl* access,
                                                               audit::AuditLog* audit_log);

}  // namespace quorate::server
