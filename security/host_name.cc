#include "security/host_name.h"

#include <openssl/x509v3.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "security/openssl.h"

namespace quorate::security {
namespace {

constexpr size_t kMaxNamesBytes = 400;

// Returns "DNS:localhost, IP Address:127.0.0.1" for an error message.
std::string AlternativeNames(X509* certificate) {
  const int at = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1);
  if (at < 0) return "no host at all";
  const BioPtr bio(BIO_new(BIO_s_mem()));
  CHECK(bio != nullptr);
  X509V3_EXT_print(bio.get(), X509_get_ext(certificate, at), 0, 0);
  return absl::CHexEscape(TextIn(bio)).substr(0, kMaxNamesBytes);
}

}  // namespace

absl::Status CheckHostName(const std::string& pem, const std::string& host) {
  const std::vector<CertificatePtr> chain = ParseCertificates(pem);
  if (chain.empty()) return absl::UnauthenticatedError("the certificate does not parse");
  X509* const certificate = chain.front().get();
  if (X509_check_ip_asc(certificate, host.c_str(), 0) == 1 ||
      X509_check_host(certificate, host.data(), host.size(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT,
                      nullptr) == 1) {
    return absl::OkStatus();
  }
  return absl::UnauthenticatedError(absl::StrFormat(
      "the certificate '%s' is for %s and not for the host '%s' that was dialled: issue it for "
      "this "
      "host too, or dial one of those names",
      NameText(X509_get_subject_name(certificate)), AlternativeNames(certificate), host));
}

}  // namespace quorate::security
