// Certificates and revocation lists, which come from other processes and from files. The input is
// their DER; the first byte says which of the two it is.
#include <cstdint>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "security/certificate_names.h"
#include "security/host_name.h"
#include "security/openssl.h"
#include "security/revocation_list.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/properties.h"

namespace quorate::fuzz {
namespace {

constexpr size_t kLineLength = 64;

std::string ToPem(const std::string& type, std::string_view der) {
  const std::string text = absl::Base64Escape({der.data(), der.size()});
  std::string pem = absl::StrCat("-----BEGIN ", type, "-----\n");
  for (size_t at = 0; at < text.size(); at += kLineLength) {
    absl::StrAppend(&pem, text.substr(at, kLineLength), "\n");
  }
  return absl::StrCat(pem, "-----END ", type, "-----\n");
}

void ParseTheCertificate(const std::string& pem) {
  const absl::Status host = security::CheckHostName(pem, "controller-1");
  if (!host.ok()) CheckError(host);
  for (const security::CertificatePtr& certificate : security::ParseCertificates(pem)) {
    CheckLine(security::NameText(X509_get_subject_name(certificate.get())));
    CheckLine(security::SerialText(X509_get0_serialNumber(certificate.get())));
    CheckLine(security::UrisText(security::UrisOf(certificate.get())));
    CheckLine(security::TimeText(security::TimeOf(X509_get0_notAfter(certificate.get()))));
  }
}

void ParseTheList(const std::string& pem) {
  const auto unsigned_list = security::RevocationList::Parse(pem, pem);
  CHECK(!unsigned_list.ok()) << "a list that no CA has signed";
  CheckError(unsigned_list.status());
  for (const security::CrlPtr& list : security::ParseCrls(pem)) {
    const ASN1_TIME* next = X509_CRL_get0_nextUpdate(list.get());
    if (next != nullptr) CheckLine(security::TimeText(security::TimeOf(next)));
  }
}

}  // namespace
}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  quorate::fuzz::FuzzInput input(data, size);
  const bool is_certificate = input.Take<uint8_t>() % 2 == 0;
  const std::string_view der = input.TakeRest();
  if (is_certificate) {
    quorate::fuzz::ParseTheCertificate(quorate::fuzz::ToPem("CERTIFICATE", der));
  } else {
    quorate::fuzz::ParseTheList(quorate::fuzz::ToPem("X509 CRL", der));
  }
  return 0;
}
