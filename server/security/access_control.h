// Decides, for all listeners of a process with TLS, who calls and whether they may.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/ids.h"
#include "security/identity_map.h"
#include "security/refused_calls.h"
#include "server/security/access_table.h"

namespace quorate::server {

// Who makes a call.
struct Caller {
  // Nullopt in plain text, where nobody proves an identity and everyone may do everything.
  std::optional<security::Identity> identity = {};

  std::string Principal() const { return identity ? PrincipalOf(*identity) : security::kAnonymous; }
};

// Thread-safe.
class AccessControl {
 public:
  // Both arguments must outlive it.
  AccessControl(const security::IdentityMap* identities, const Clock* clock)
      : identities_(identities), refused_(clock) {}

  // Returns OK if the owner of a certificate with these names may make the call on this port.
  // Otherwise counts and logs the call, and returns the status that ends it: PERMISSION_DENIED, or
  // UNIMPLEMENTED if the owner may make the call but this port does not serve it, or no port does.
  // The message names the principal, the method and the remedy.
  absl::Status CheckCall(Port port, const security::CertificateNames& caller,
                         std::string_view path);

  // Returns who makes a call that CheckCall has let through. `names` is nullopt in plain text.
  // Returns PERMISSION_DENIED if the certificate has lost its role since.
  absl::StatusOr<Caller> CallerOf(const std::optional<security::CertificateNames>& names);

  // Returns OK if the caller may make a call in the name of this broker: it is the broker, or the
  // connection is plain text. Otherwise counts and logs the call, and returns PERMISSION_DENIED;
  // the message names both.
  absl::Status CheckSpeaksFor(const Caller& caller, BrokerId broker);

  // Returns the principal of the owner of a certificate with these names, or the certificate's
  // subject if it gives no role.
  std::string PrincipalOrSubject(const security::CertificateNames& names) const;

  security::RefusedCalls& refused() { return refused_; }
  const security::RefusedCalls& refused() const { return refused_; }

 private:
  const security::IdentityMap* const identities_;
  security::RefusedCalls refused_;
};

}  // namespace quorate::server
