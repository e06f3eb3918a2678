#include "server/program/controller_tls.h"

#include <string>
#include <utility>

#include "base/check.h"
#include "security/node_uri.h"

namespace quorate::server {

using security::CertificateUse;
using security::TlsStore;

absl::StatusOr<std::unique_ptr<ControllerTls>> ControllerTls::Open(const ControllerConfig& config) {
  const CertificateUse use = CertificateUse::kServerAndClient;
  const std::string own_uri = security::ControllerUri(config.cluster_id, config.node_id);
  const bool shared = config.peer_tls == config.tls;
  std::unique_ptr<TlsStore> only_peers;
  ASSIGN_OR_RETURN(std::unique_ptr<TlsStore> clients,
                   TlsStore::Open(config.tls, use, shared ? own_uri : ""));
  if (!shared) {
    ASSIGN_OR_RETURN(only_peers, TlsStore::Open(config.peer_tls, use, own_uri));
  }
  return std::unique_ptr<ControllerTls>(
      new ControllerTls(config.cluster_id, std::move(clients), std::move(only_peers)));
}

ControllerTls::ControllerTls(std::string cluster_id, std::unique_ptr<TlsStore> clients,
                             std::unique_ptr<TlsStore> only_peers)
    : clients_(std::move(clients)),
      only_peers_(std::move(only_peers)),
      identities_(std::move(cluster_id)),
      access_(&identities_, &clock_),
      watcher_({clients_.get(), only_peers_.get()}) {}

}  // namespace quorate::server
