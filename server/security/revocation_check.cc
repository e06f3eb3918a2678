#include "server/security/revocation_check.h"

#include <utility>

namespace quorate::server {

absl::Status RevocationCheck::Check(absl::string_view pem) {
  std::shared_ptr<const security::TlsMaterial> current = tls_->Current();
  if (current->revoked.empty()) return absl::OkStatus();
  {
    MutexLock lock(&mutex_);
    if (material_ != current || known_.size() >= kMaxKnown) known_.clear();
    material_ = current;
    if (const auto known = known_.find(pem); known != known_.end()) return known->second;
  }
  const absl::Status result = current->revoked.Check(std::string(pem));
  MutexLock lock(&mutex_);
  if (material_ == current) known_.emplace(pem, result);
  return result;
}

}  // namespace quorate::server
