#include "security/revocation_list.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "security/openssl.h"

namespace quorate::security {
namespace {

bool Signs(const X509* ca, X509_CRL* list) {
  return X509_NAME_cmp(X509_get_subject_name(ca), X509_CRL_get_issuer(list)) == 0 &&
         X509_CRL_verify(list, X509_get0_pubkey(ca)) == 1;
}

}  // namespace

absl::StatusOr<RevocationList> RevocationList::Parse(const std::string& pem,
                                                     const std::string& ca_pem) {
  const std::vector<CertificatePtr> cas = ParseCertificates(ca_pem);
  RevocationList result;
  for (CrlPtr& list : ParseCrls(pem)) {
    if (std::none_of(cas.begin(), cas.end(),
                     [&](const CertificatePtr& ca) { return Signs(ca.get(), list.get()); })) {
      return absl::InvalidArgumentError(
          absl::StrFormat("the revocation list of '%s' is not signed by any of the CAs",
                          NameText(X509_CRL_get_issuer(list.get()))));
    }
    result.lists_.emplace_back(list.release(), OpensslFree<X509_CRL_free>());
  }
  if (result.empty()) {
    return absl::InvalidArgumentError("it contains no revocation list in PEM format (X509 CRL)");
  }
  return result;
}

std::vector<std::string> RevocationList::Overdue() const {
  std::vector<std::string> overdue;
  for (const std::shared_ptr<X509_CRL>& list : lists_) {
    const ASN1_TIME* const next = X509_CRL_get0_nextUpdate(list.get());
    if (next != nullptr && TimeOf(next) < std::chrono::system_clock::now()) {
      overdue.push_back(absl::StrFormat("the revocation list of '%s' was to be renewed by %s",
                                        NameText(X509_CRL_get_issuer(list.get())),
                                        TimeText(TimeOf(next))));
    }
  }
  return overdue;
}

absl::Status RevocationList::Check(const std::string& pem) const {
  const std::vector<CertificatePtr> chain = ParseCertificates(pem);
  if (chain.empty()) return absl::UnauthenticatedError("the certificate does not parse");
  X509* const certificate = chain.front().get();
  for (const std::shared_ptr<X509_CRL>& list : lists_) {
    if (X509_NAME_cmp(X509_get_issuer_name(certificate), X509_CRL_get_issuer(list.get())) != 0) {
      continue;
    }
    X509_REVOKED* entry = nullptr;
    // 2 means that the entry lifts an earlier revocation (removeFromCRL).
    if (X509_CRL_get0_by_cert(list.get(), &entry, certificate) == 1) {
      return absl::UnauthenticatedError(
          absl::StrFormat("the certificate '%s' with serial number %s is revoked since %s",
                          NameText(X509_get_subject_name(certificate)),
                          SerialText(X509_get0_serialNumber(certificate)),
                          TimeText(TimeOf(X509_REVOKED_get0_revocationDate(entry)))));
    }
  }
  return absl::OkStatus();
}

}  // namespace quorate::security
