#include "client/tls_channel.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <utility>

#include "base/check.h"
#include "security/host_name.h"

namespace quorate::client {
namespace {

using grpc::experimental::ExternalCertificateVerifier;
using grpc::experimental::StaticDataCertificateProvider;
using grpc::experimental::TlsChannelCredentialsOptions;
using grpc::experimental::TlsCustomVerificationCheckRequest;

std::string ToString(grpc::string_ref text) { return std::string(text.data(), text.size()); }

class ServerVerifier final : public ExternalCertificateVerifier {
 public:
  ServerVerifier(std::shared_ptr<const security::TlsMaterial> material, ServerCheck check)
      : material_(std::move(material)), check_(std::move(check)) {}
  ~ServerVerifier() override = default;

  bool Verify(TlsCustomVerificationCheckRequest* request,
              std::function<void(grpc::Status)> /*done*/, grpc::Status* result) override {
    if (const absl::Status status = Check(*request); !status.ok()) {
      *result = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, std::string(status.message()));
    }
    return true;
  }
  void Cancel(TlsCustomVerificationCheckRequest* /*request*/) override {}

 private:
  absl::Status Check(const TlsCustomVerificationCheckRequest& request) const {
    ServerCertificate server = {.dialled_host = ToString(request.target_name()),
                                .pem = ToString(request.peer_cert())};
    if (!material_->revoked.empty()) RETURN_IF_ERROR(material_->revoked.Check(server.pem));
    server.names = security::NamesIn(server.pem);
    return check_(server);
  }

  const std::shared_ptr<const security::TlsMaterial> material_;
  const ServerCheck check_;
};

}  // namespace

absl::Status CheckDialledHost(const ServerCertificate& server) {
  return security::CheckHostName(server.pem, server.dialled_host);
}

std::shared_ptr<grpc::ChannelCredentials> MakeChannelCredentials(const security::TlsStore* tls,
                                                                 ServerCheck check) {
  if (tls == nullptr) return grpc::InsecureChannelCredentials();
  const std::shared_ptr<const security::TlsMaterial> material = tls->Current();
  TlsChannelCredentialsOptions options;
  options.set_certificate_provider(std::make_shared<StaticDataCertificateProvider>(
      material->ca_pem, std::vector<grpc::experimental::IdentityKeyCertPair>{
                            {material->key_pem, material->cert_pem}}));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  // gRPC's own check does not say which names the certificate has.
  options.set_check_call_host(false);
  options.set_certificate_verifier(
      ExternalCertificateVerifier::Create<ServerVerifier>(material, std::move(check)));
  auto credentials = grpc::experimental::TlsCredentials(options);
  CHECK(credentials != nullptr);
  return credentials;
}

}  // namespace quorate::client
