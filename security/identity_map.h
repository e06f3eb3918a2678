// Maps certificates to the identities of their owners.
#pragma once

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "security/certificate_names.h"
#include "security/identity.h"

namespace quorate::security {

// Thread-safe.
class IdentityMap {
 public:
  explicit IdentityMap(std::string cluster_id) : cluster_id_(std::move(cluster_id)) {}

  const std::string& cluster_id() const { return cluster_id_; }

  // Returns who owns a certificate with these names. Returns PERMISSION_DENIED if the names give no
  // role in this cluster, or more than one; the message names the URIs and the remedy.
  absl::StatusOr<Identity> Find(const CertificateNames& names) const;

 private:
  const std::string cluster_id_;
};

}  // namespace quorate::security
