#include "server/program/controller_tls.h"

#include <utility>

#include "base/check.h"

namespace quorate::server {

using security::CertificateUse;
using security::IdentityMap;
using security::RequiredOwner;
using security::TlsStore;

absl::StatusOr<std::unique_ptr<ControllerTls>> ControllerTls::Open(const ControllerConfig& config) {
  const CertificateUse use = CertificateUse::kServerAndClient;
  ASSIGN_OR_RETURN(std::unique_ptr<IdentityMap> identities,
                   IdentityMap::Open(config.cluster_id, config.roles_file));
  RequiredOwner self = {identities.get(), security::Identity::Controller(config.node_id)};
  const bool shared = config.peer_tls == config.tls;
  std::unique_ptr<TlsStore> only_peers;
  if (!shared) {
    ASSIGN_OR_RETURN(only_peers, TlsStore::Open(config.peer_tls, use, self));
  }
  // Without its role, the controller can do everything but ask brokers who they are.
  self.is_strict = shared;
  ASSIGN_OR_RETURN(std::unique_ptr<TlsStore> clients, TlsStore::Open(config.tls, use, self));
  return std::unique_ptr<ControllerTls>(
      new ControllerTls(std::move(identities), std::move(clients), std::move(only_peers)));
}

ControllerTls::ControllerTls(std::unique_ptr<IdentityMap> identities,
                             std::unique_ptr<TlsStore> clients,
                             std::unique_ptr<TlsStore> only_peers)
    : identities_(std::move(identities)),
      clients_(std::move(clients)),
      only_peers_(std::move(only_peers)),
      access_(identities_.get(), &clock_),
      watcher_({clients_.get(), only_peers_.get()}, identities_.get()) {}

}  // namespace quorate::server
