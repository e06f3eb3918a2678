// Maps certificates to the identities of their owners.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "security/certificate_names.h"
#include "security/file_reader.h"
#include "security/identity.h"
#include "security/roles_file.h"

namespace quorate::security {

// Thread-safe.
class IdentityMap {
 public:
  // Only the URIs of the cluster give roles (node_uri.h).
  explicit IdentityMap(std::string cluster_id) : IdentityMap(std::move(cluster_id), "") {}

  // The roles file at `roles_file` also gives roles, to certificates without a URI of the cluster.
  // Empty: there is no such file. Errors are those of Refresh.
  static absl::StatusOr<std::unique_ptr<IdentityMap>> Open(std::string cluster_id,
                                                           std::string roles_file);

  const std::string& cluster_id() const { return cluster_id_; }
  // Returns whether there is a roles file.
  bool has_file() const { return !roles_file_.empty(); }

  // Returns who owns a certificate with these names. Returns PERMISSION_DENIED if the names give no
  // role in this cluster, or more than one; the message names the URIs and the remedy.
  absl::StatusOr<Identity> Find(const CertificateNames& names) const;

  // Reads the roles file again if it has changed since it was last read. Returns nullopt if it has
  // not, else the result. An error is FAILED_PRECONDITION; the message is one line that names the
  // file, the line in it and the remedy, and the roles that were read before stay in effect. Blocks
  // on the disk.
  std::optional<absl::Status> Refresh();

  // Returns a sentence for the log about the roles that the file gives. REQUIRES: there is a file.
  std::string Summary() const;

 private:
  IdentityMap(std::string cluster_id, std::string roles_file)
      : cluster_id_(std::move(cluster_id)), roles_file_(std::move(roles_file)) {}

  absl::Status Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(refresh_mutex_);
  std::string FileText() const { return "roles-file '" + roles_file_ + "'"; }
  std::shared_ptr<const NamedRoles> named() const;

  const std::string cluster_id_;
  // Empty if there is no file.
  const std::string roles_file_;
  // Held while the file is read, so that Find never waits for the disk.
  Mutex refresh_mutex_;
  // Of the file when it was last read.
  FileVersion version_ ABSL_GUARDED_BY(refresh_mutex_);
  mutable Mutex mutex_;
  std::shared_ptr<const NamedRoles> named_ ABSL_GUARDED_BY(mutex_) =
      std::make_shared<const NamedRoles>();
};

}  // namespace quorate::security
