// The certificates of a controller process, kept up to date.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "security/identity_map.h"
#include "security/tls_store.h"
#include "server/program/controller_config.h"
#include "server/security/access_control.h"
#include "server/security/tls_watcher.h"

namespace quorate::server {

class ControllerTls {
 public:
  // Loads all files. Errors are those of security::TlsStore::Open; one is that the certificate for
  // peers does not name this node.
  static absl::StatusOr<std::unique_ptr<ControllerTls>> Open(const ControllerConfig& config);

  // Return the certificates for clients and brokers, and those for peers, which may be the same.
  // Null: plain text.
  security::TlsStore* clients() const { return clients_.get(); }
  security::TlsStore* peers() const { return only_peers_ ? only_peers_.get() : clients_.get(); }

  // Returns whether a listener uses TLS.
  bool is_used() const { return clients() != nullptr || peers() != nullptr; }

  // Return who owns the certificates of callers, and which calls they may make.
  const security::IdentityMap& identities() const { return *identities_; }
  AccessControl& access() { return access_; }
  const AccessControl& access() const { return access_; }

 private:
  ControllerTls(std::unique_ptr<security::IdentityMap> identities,
                std::unique_ptr<security::TlsStore> clients,
                std::unique_ptr<security::TlsStore> only_peers);

  const std::unique_ptr<security::IdentityMap> identities_;
  const std::unique_ptr<security::TlsStore> clients_;
  // Null if the peers' files are the same.
  const std::unique_ptr<security::TlsStore> only_peers_;
  const SystemClock clock_;
  AccessControl access_;
  TlsWatcher watcher_;
};

}  // namespace quorate::server
