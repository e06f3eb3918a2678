#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "security/testing/test_authority.h"
#include "tests/fuzz/make_corpus.h"

namespace quorate::fuzz {
namespace {

// Returns the DER of the first part of a PEM file.
std::string ToDer(const std::string& pem) {
  std::string text;
  for (const auto line : absl::StrSplit(pem, '\n')) {
    if (line.find("-----END") == 0) break;
    if (line.find("-----") != 0) text.append(line.data(), line.size());
  }
  std::string der;
  CHECK(absl::Base64Unescape(text, &der)) << pem;
  return der;
}

}  // namespace

void AddCertificateInputs(CorpusWriter& corpus) {
  security::TestAuthority ca;
  const security::IssuedCertificate controller =
      ca.Issue({.name = "controller-1",
                .alternative_names = "DNS:controller-1,DNS:*.example.org,IP:127.0.0.1,IP:::1,"
                                     "URI:quorate://cluster/MkU3OEVBNTcwNTJENDM2Qg/controller/1"});
  const security::IssuedCertificate plain = ca.Issue({.alternative_names = "", .uses = ""});
  // It is valid until after the end of the clock.
  const security::IssuedCertificate eternal =
      ca.Issue({.valid_to = std::chrono::hours(24 * 365 * 1000)});
  for (const std::string& pem : {controller.cert_pem, plain.cert_pem, eternal.cert_pem, ca.pem()}) {
    corpus.Add("certificates", '\0' + ToDer(pem));
  }
  corpus.Add("certificates", '\1' + ToDer(ca.Revoke({controller, plain})));
  corpus.Add("certificates", '\1' + ToDer(ca.Revoke({})));
}

}  // namespace quorate::fuzz
