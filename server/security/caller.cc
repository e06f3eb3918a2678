#include "server/security/caller.h"

#include <grpc/grpc_security_constants.h>

#include <string>

namespace quorate::server {
namespace {

// Calls `fn(value)` for each value of a property.
template <typename Fn>
void ForEachValue(const grpc_auth_context& context, const char* name, Fn fn) {
  grpc_auth_property_iterator at = grpc_auth_context_find_properties_by_name(&context, name);
  while (const grpc_auth_property* property = grpc_auth_property_iterator_next(&at)) {
    fn(absl::string_view(property->value, property->value_length));
  }
}

}  // namespace

std::optional<security::CertificateNames> CallerOf(const grpc::AuthContext& context) {
  if (context.FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME).empty()) return std::nullopt;
  security::CertificateNames names;
  for (const grpc::string_ref& subject :
       context.FindPropertyValues(GRPC_X509_SUBJECT_PROPERTY_NAME)) {
    names.subject = std::string(subject.data(), subject.size());
  }
  for (const grpc::string_ref& uri : context.FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME)) {
    names.uris.emplace_back(uri.data(), uri.size());
  }
  return names;
}

security::CertificateNames CallerOf(const grpc_auth_context& context) {
  security::CertificateNames names;
  ForEachValue(context, GRPC_X509_SUBJECT_PROPERTY_NAME,
               [&names](absl::string_view subject) { names.subject = std::string(subject); });
  ForEachValue(context, GRPC_PEER_URI_PROPERTY_NAME,
               [&names](absl::string_view uri) { names.uris.emplace_back(uri); });
  return names;
}

std::string PrincipalOf(const AccessControl& access, const grpc::ServerContextBase& context) {
  const std::optional<security::CertificateNames> names = CallerOf(*context.auth_context());
  return names ? access.PrincipalOrSubject(*names) : security::kAnonymous;
}

absl::string_view CertificateOf(const grpc_auth_context& context) {
  absl::string_view pem;
  ForEachValue(context, GRPC_X509_PEM_CERT_PROPERTY_NAME,
               [&pem](absl::string_view value) { pem = value; });
  return pem;
}

}  // namespace quorate::server
