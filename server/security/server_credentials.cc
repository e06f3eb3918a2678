#include "server/security/server_credentials.h"

#include <grpc/grpc_security.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "server/security/caller.h"
#include "server/security/revocation_check.h"

namespace quorate::server {
namespace {

// Shared by the callbacks of one listener's credentials.
struct State {
  State(const security::TlsStore* tls_store, Port served, AccessControl* access_control,
        audit::AuditLog* audit)
      : tls(tls_store),
        port(served),
        access(access_control),
        audit_log(audit),
        revocations(tls_store) {}

  const security::TlsStore* const tls;
  const Port port;
  AccessControl* const access;
  // Null if there is none.
  audit::AuditLog* const audit_log;
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

std::string_view PathOf(const grpc_metadata* headers, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const auto text = [](const grpc_slice& slice) {
      return std::string_view(reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)),
                              GRPC_SLICE_LENGTH(slice));
    };
    if (text(headers[i].key) == ":path") return text(headers[i].value);
  }
  return "";
}

// Records a call that the certificate of its caller does not allow. A method that does not exist
// has no name in the record, because callers invent such names.
void RecordRefused(const State& state, const security::CertificateNames& caller,
                   std::string_view path, const absl::Status& refusal) {
  audit::v1::AuditRecord record;
  record.set_principal(state.access->PrincipalOrSubject(caller));
  const AccessRow* const row = FindAccessRow(path);
  record.set_method(row != nullptr ? std::string(row->path) : "unknown");
  record.set_outcome(absl::StatusCodeToString(refusal.code()));
  state.audit_log->Record(std::move(record));
}

absl::Status CheckCall(State& state, const grpc_auth_context& context, std::string_view path) {
  const security::CertificateNames caller = CallerOf(context);
  absl::Status status = state.revocations.Check(CertificateOf(context));
  if (!status.ok()) {
    state.access->refused().Record(security::RefusalReason::kRevoked, status.message());
  } else {
    status = state.access->CheckCall(state.port, caller, path);
  }
  const bool is_refused = !status.ok() && !absl::IsUnimplemented(status);
  if (is_refused && state.audit_log != nullptr) RecordRefused(state, caller, path, status);
  return status;
}

// gRPC calls it for each call, when the headers have arrived.
void Process(void* state, grpc_auth_context* context, const grpc_metadata* headers, size_t count,
             grpc_process_auth_metadata_done_cb done, void* call) {
  const absl::Status checked =
      CheckCall(*static_cast<State*>(state), *context, PathOf(headers, count));
  done(call, nullptr, 0, nullptr, 0, static_cast<grpc_status_code>(checked.code()),
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
    // gRPC destroys the state together with its last reference to the credentials.
    grpc_server_credentials_set_auth_metadata_processor(
        credentials_.get(), {.process = Process, .destroy = Destroy, .state = state.release()});
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
                                                               Port port, AccessControl* access,
                                                               audit::AuditLog* audit_log) {
  if (tls == nullptr) return grpc::InsecureServerCredentials();
  CHECK(access != nullptr);
  return std::make_shared<ReloadingServerCredentials>(
      std::make_unique<State>(tls, port, access, audit_log));
}

}  // namespace quorate::server
