// The identity of a caller, as its certificate proves it.
#pragma once

#include <grpcpp/security/auth_context.h>

#include <optional>
#include <string>
#include <vector>

namespace quorate::server {

// The certificate with which a caller proved its identity in the handshake. An authorizer maps it
// to a role.
struct Caller {
  // "CN=admin"
  std::string subject;
  // The URIs in its subject alternative names (security/node_uri.h).
  std::vector<std::string> uris;
  std::string pem;
};

// Returns the caller of the call or stream whose gRPC context has this AuthContext. Returns nullopt
// if the connection is plain text.
std::optional<Caller> CallerOf(const grpc::AuthContext& context);

}  // namespace quorate::server
