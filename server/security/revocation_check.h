// Looks up the certificates of calls in the current revocation list. A connection may be much older
// than the revocation, so each call is checked, and the results are remembered.
#pragma once

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "security/tls_store.h"

namespace quorate::server {

// Thread-safe.
class RevocationCheck {
 public:
  // `tls` must outlive it.
  explicit RevocationCheck(const security::TlsStore* tls) : tls_(tls) {}

  // Returns OK unless the certificate is revoked (security::RevocationList::Check).
  absl::Status Check(absl::string_view pem);

 private:
  // Parsing a certificate takes tens of microseconds. Far more certificates than callers are known
  // at once, and when there are too many the results are forgotten.
  static constexpr size_t kMaxKnown = 4096;

  const security::TlsStore* const tls_;
  Mutex mutex_;
  // The material whose list gave the results.
  std::shared_ptr<const security::TlsMaterial> material_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, absl::Status> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::server
