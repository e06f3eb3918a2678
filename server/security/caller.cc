#include "server/security/caller.h"

#include <grpc/grpc_security_constants.h>

#include <utility>

namespace quorate::server {
namespace {

std::vector<std::string> Values(const grpc::AuthContext& context, const char* name) {
  std::vector<std::string> values;
  for (const grpc::string_ref& value : context.FindPropertyValues(name)) {
    values.emplace_back(value.data(), value.size());
  }
  return values;
}

std::string FirstValue(const grpc::AuthContext& context, const char* name) {
  std::vector<std::string> values = Values(context, name);
  return values.empty() ? "" : std::move(values.front());
}

}  // namespace

std::optional<Caller> CallerOf(const grpc::AuthContext& context) {
  std::string pem = FirstValue(context, GRPC_X509_PEM_CERT_PROPERTY_NAME);
  if (pem.empty()) return std::nullopt;
  return Caller{.subject = FirstValue(context, GRPC_X509_SUBJECT_PROPERTY_NAME),
                .uris = Values(context, GRPC_PEER_URI_PROPERTY_NAME),
                .pem = std::move(pem)};
}

}  // namespace quorate::server
