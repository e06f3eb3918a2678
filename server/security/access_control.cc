#include "server/security/access_control.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "base/check.h"

namespace quorate::server {
namespace {

using security::Identity;
using security::RefusalReason;

// The most bytes of an unknown method that a message repeats.
constexpr size_t kMaxPathBytes = 128;

std::string MethodText(const AccessRow* row, std::string_view path) {
  return row != nullptr ? std::string(row->path)
                        : absl::CHexEscape(std::string(path.substr(0, kMaxPathBytes)));
}

std::string DeniedText(const AccessRow* row, Port port, const Identity& caller,
                       const std::string& method) {
  if (row != nullptr && !row->roles.Contains(caller.role)) {
    return absl::StrFormat(
        "%s may not call %s, which is for the role %s: use a certificate of that role",
        PrincipalOf(caller), method, RolesText(row->roles));
  }
  return absl::StrFormat("%s may not call %s here: the %s port is for the role %s",
                         PrincipalOf(caller), method, NameOf(port), RolesText(RolesOf(port)));
}

}  // namespace

absl::Status AccessControl::CheckCall(Port port, const security::CertificateNames& caller,
                                      std::string_view path) {
  const AccessRow* const row = FindAccessRow(path);
  const absl::StatusOr<Identity> identity = identities_->Find(caller);
  if (!identity.ok()) {
    refused_.Record(RefusalReason::kNoRole,
                    absl::StrFormat("%s (%s)", identity.status().message(), MethodText(row, path)));
    return identity.status();
  }
  const Access access = AccessOf(row, port, identity->role);
  if (access == Access::kAllowed) return absl::OkStatus();
  const std::string method = MethodText(row, path);
  if (access == Access::kDenied) {
    const std::string message = DeniedText(row, port, *identity, method);
    refused_.Record(RefusalReason::kRole, message);
    return absl::PermissionDeniedError(message);
  }
  const std::string message =
      absl::StrFormat("the %s port does not serve %s", NameOf(port), method);
  refused_.Record(RefusalReason::kNotServed,
                  absl::StrFormat("%s (from %s)", message, PrincipalOf(*identity)));
  return absl::UnimplementedError(message);
}

absl::StatusOr<Caller> AccessControl::CallerOf(
    const std::optional<security::CertificateNames>& names) {
  if (!names) return Caller{};
  absl::StatusOr<Identity> identity = identities_->Find(*names);
  if (!identity.ok()) {
    refused_.Record(RefusalReason::kNoRole, identity.status().message());
    return identity.status();
  }
  return Caller{*std::move(identity)};
}

absl::Status AccessControl::CheckSpeaksFor(const Caller& caller, BrokerId broker) {
  if (!caller.identity || *caller.identity == Identity::Broker(broker)) return absl::OkStatus();
  const std::string message = absl::StrFormat(
      "%s may not speak for broker %d: give each broker the certificate that names it",
      caller.Principal(), broker.value());
  refused_.Record(RefusalReason::kOtherBroker, message);
  return absl::PermissionDeniedError(message);
}

std::string AccessControl::PrincipalOrSubject(const security::CertificateNames& names) const {
  const absl::StatusOr<Identity> identity = identities_->Find(names);
  return identity.ok() ? security::PrincipalOf(*identity) : names.subject;
}

}  // namespace quorate::server
