#include "security/identity_map.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "security/node_uri.h"

namespace quorate::security {
namespace {

// Collects the owners that the names of a certificate give. The owner counts if there is one.
class Owners {
 public:
  void Add(const Identity& owner) {
    if (first_ && *first_ != owner) are_several_ = true;
    first_ = owner;
  }

  const std::optional<Identity>& first() const { return first_; }
  bool are_several() const { return are_several_; }

 private:
  std::optional<Identity> first_;
  bool are_several_ = false;
};

Owners OwnersInUris(const CertificateNames& names, const std::string& cluster_id) {
  Owners owners;
  for (const std::string& uri : names.uris) {
    if (const std::optional<Identity> named = IdentityIn(uri, cluster_id)) owners.Add(*named);
  }
  return owners;
}

Owners OwnersInFile(const CertificateNames& names, const NamedRoles& roles) {
  Owners owners;
  const auto look_up = [&](const std::string& name) {
    if (const auto it = roles.find(name); it != roles.end()) owners.Add(it->second);
  };
  look_up(names.subject);
  for (const std::string& uri : names.uris) look_up(absl::StrCat("URI:", uri));
  return owners;
}

}  // namespace

absl::StatusOr<std::unique_ptr<IdentityMap>> IdentityMap::Open(std::string cluster_id,
                                                               std::string roles_file) {
  std::unique_ptr<IdentityMap> map(new IdentityMap(std::move(cluster_id), std::move(roles_file)));
  if (map->roles_file_.empty()) return map;
  MutexLock lock(&map->refresh_mutex_);
  RETURN_IF_ERROR(map->Load());
  return map;
}

absl::StatusOr<Identity> IdentityMap::Find(const CertificateNames& names) const {
  Owners owners = OwnersInUris(names, cluster_id_);
  if (!owners.first() && !roles_file_.empty()) owners = OwnersInFile(names, *named());
  if (owners.are_several()) {
    return absl::PermissionDeniedError(absl::StrFormat(
        "the certificate %s with %s names several owners: issue one certificate for each of them",
        SubjectText(names), UrisText(names.uris)));
  }
  if (owners.first()) return *owners.first();
  return absl::PermissionDeniedError(
      absl::StrFormat("the certificate %s names %s, which gives no role in cluster %s: issue one "
                      "with a URI such as "
                      "%s, or give it a role with --roles-file (docs/security.md, Roles)",
                      SubjectText(names), UrisText(names.uris), cluster_id_,
                      UriOf(cluster_id_, {.role = Role::kReader, .name = "NAME"})));
}

std::optional<absl::Status> IdentityMap::Refresh() {
  MutexLock lock(&refresh_mutex_);
  if (roles_file_.empty() || VersionOf(roles_file_) == version_) return std::nullopt;
  return Load();
}

absl::Status IdentityMap::Load() {
  // Taken before the file is read: a file that changes meanwhile is read again.
  version_ = VersionOf(roles_file_);
  ASSIGN_OR_RETURN(const std::string text, ReadFile(FileText(), roles_file_, kMaxRolesFileBytes));
  absl::StatusOr<NamedRoles> roles = ParseRolesFile(text);
  if (!roles.ok()) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s, %s", FileText(), roles.status().message()));
  }
  auto loaded = std::make_shared<const NamedRoles>(*std::move(roles));
  MutexLock lock(&mutex_);
  named_ = std::move(loaded);
  return absl::OkStatus();
}

std::string IdentityMap::Summary() const {
  return absl::StrFormat("%s gives roles to %d names of certificates", FileText(), named()->size());
}

std::shared_ptr<const NamedRoles> IdentityMap::named() const {
  MutexLock lock(&mutex_);
  return named_;
}

}  // namespace quorate::security
