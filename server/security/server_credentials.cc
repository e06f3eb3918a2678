#include "server/security/server_credentials.h"

#include <grpc/grpc_security.h>

#include <utility>

#include "base/check.h"
#include "server/security/revocation_check.h"

namespace quorate::server {
namespace {

// Shared by the callbacks of one listener's credentials.
struct State {
  State(const security::TlsStore* tls_store, CallerCheck caller_check)
      : tls(tls_store), check(std::move(caller_check)), revocations(tls_store) {}

  const security::TlsStore* const tls;
  const CallerCheck check;
  RevocationCheck revocations;
  // What gRPC has now. gRPC calls Fetch under a lock.
  std::shared_ptr<const security::TlsMaterial> fetched;
};

grpc_ssl_certificate_config_reload_status Fetch(void* state_pointer,
                                                grpc_ssl_server_certificate_config** config) {
  auto* const state = static_cast<State*>(state_pointer);
  std::shared_ptr<const security::TlsMaterial> current = state->tls->Current();
  if (current == state->fetched) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
  const grpc_ssl_pem_key_cert_pair pair = {.private_key = current->key_pem.c_str(),
                                           .cert_chain = current->cert_pem.c_str()};
  *config = grpc_ssl_server_certificate_config_create(current->ca_pem.c_str(), &pair, 1);
  state->fetched = std::move(current);
  return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
}

std::vector<std::string> Values(const grpc_auth_context* context, const char* name) {
  std::vector<std::string> values;
  grpc_auth_property_iterator at = grpc_auth_context_find_properties_by_name(context, name);
  while (const grpc_auth_property* property = grpc_auth_property_iterator_next(&at)) {
    values.emplace_back(property->value, property->value_length);
  }
  return values;
}

absl::Status CheckCaller(State& state, const grpc_auth_context* context) {
  const std::vector<std::string> pem = Values(context, GRPC_X509_PEM_CERT_PROPERTY_NAME);
  if (pem.empty()) return absl::UnauthenticatedError("the caller has no certificate");
  RETURN_IF_ERROR(state.revocations.Check(pem.front()));
  return state.check == nullptr ? absl::OkStatus()
                                : state.check(Values(context, GRPC_PEER_URI_PROPERTY_NAME));
}

// gRPC calls it for each call, when the headers have arrived.
void Process(void* state_pointer, grpc_auth_context* context, const grpc_metadata* /*headers*/,
             size_t /*count*/, grpc_process_auth_metadata_done_cb done, void* call) {
  const absl::Status checked = CheckCaller(*static_cast<State*>(state_pointer), context);
  if (!checked.ok()) {
    LOG_EVERY_T(WARNING, 1) << "refused a call: " << checked.message();
  }
  done(call, nullptr, 0, nullptr, 0, checked.ok() ? GRPC_STATUS_OK : GRPC_STATUS_UNAUTHENTICATED,
       std::string(checked.message()).c_str());
}

void Destroy(void* state) { delete static_cast<State*>(state); }

// grpc::SslServerCredentials has no variant for certificates that change.
class ReloadingServerCredentials final : public grpc::ServerCredentials {
 public:
  explicit ReloadingServerCredentials(std::unique_ptr<State> state)
      : credentials_(grpc_ssl_server_credentials_create_with_options(
                         grpc_ssl_server_credentials_create_options_using_config_fetcher(
                             GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY, Fetch,
                             state.get())),
                     grpc_server_credentials_release) {
    const bool has_checks = state->check != nullptr || state->tls->has_revocation_list();
    // gRPC destroys the state together with its last reference to the credentials.
    grpc_server_credentials_set_auth_metadata_processor(
        credentials_.get(),
        {.process = has_checks ? Process : nullptr, .destroy = Destroy, .state = state.release()});
  }

  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& /*processor*/) override {
    LOG(FATAL) << "these credentials have a processor already";
  }

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_.get());
  }

  const std::unique_ptr<grpc_server_credentials, decltype(&grpc_server_credentials_release)>
      credentials_;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const security::TlsStore* tls,
                                                               CallerCheck check) {
  if (tls == nullptr) return grpc::InsecureServerCredentials();
  return std::make_shared<ReloadingServerCredentials>(
      std::make_unique<State>(tls, std::move(check)));
}

}  // namespace quorate::server
