// What gRPC knows about the certificate of a caller.
#pragma once

#include <grpc/grpc_security.h>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/server_context.h>

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "security/identity_map.h"
#include "server/security/access_control.h"

namespace quorate::server {

// Returns the names in the certificate with which the caller of the call or stream that has this
// AuthContext proved its identity in the handshake. Returns nullopt if the connection is plain
// text.
std::optional<security::CertificateNames> CallerOf(const grpc::AuthContext& context);

// Returns the same for gRPC's C functions.
security::CertificateNames CallerOf(const grpc_auth_context& context);
// Returns the certificate itself, in PEM. It is valid as long as the context is.
absl::string_view CertificateOf(const grpc_auth_context& context);

// Returns the principal of a call (AccessControl::PrincipalOrSubject), also in plain text.
std::string PrincipalOf(const AccessControl& access, const grpc::ServerContextBase& context);

}  // namespace quorate::server
