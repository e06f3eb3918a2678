#include "security/certificate_names.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "security/openssl.h"

namespace quorate::security {
namespace {

constexpr size_t kMaxUrisInText = 4;
constexpr size_t kMaxNameBytesInText = 128;

}  // namespace

CertificateNames NamesIn(const std::string& pem) {
  const std::vector<CertificatePtr> chain = ParseCertificates(pem);
  return chain.empty() ? CertificateNames() : NamesOf(chain.front().get());
}

std::string SubjectText(const CertificateNames& names) {
  // RFC 2253's escapes make it printable.
  const bool is_cut = names.subject.size() > kMaxNameBytesInText;
  return absl::StrCat("'", names.subject.substr(0, kMaxNameBytesInText), is_cut ? "..." : "", "'");
}

std::string UrisText(const std::vector<std::string>& uris) {
  if (uris.empty()) return "no URI";
  std::string text;
  for (size_t i = 0; i < std::min(uris.size(), kMaxUrisInText); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ", ",
                    absl::CHexEscape(uris[i].substr(0, kMaxNameBytesInText)));
  }
  if (uris.size() > kMaxUrisInText) absl::StrAppend(&text, ", …");
  return text;
}

}  // namespace quorate::security
