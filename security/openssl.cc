#include "security/openssl.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "absl/time/time.h"
#include "base/check.h"

namespace quorate::security {
namespace {

constexpr size_t kMaxNameBytes = 256;

template <typename Ptr, typename ReadNext>
std::vector<Ptr> ParseAll(const std::string& pem, ReadNext read_next) {
  const BioPtr bio = ReadOnly(pem);
  std::vector<Ptr> parsed;
  while (Ptr next = read_next(bio.get())) parsed.push_back(std::move(next));
  const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!is_end) parsed.clear();
  return parsed;
}

}  // namespace

BioPtr ReadOnly(const std::string& text) {
  BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  CHECK(bio != nullptr);
  return bio;
}

std::string TextIn(const BioPtr& bio) {
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &text);
  return size > 0 ? std::string(text, static_cast<size_t>(size)) : std::string();
}

std::vector<CertificatePtr> ParseCertificates(const std::string& pem) {
  return ParseAll<CertificatePtr>(pem, [](BIO* bio) {
    return CertificatePtr(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
  });
}

std::vector<CrlPtr> ParseCrls(const std::string& pem) {
  return ParseAll<CrlPtr>(
      pem, [](BIO* bio) { return CrlPtr(PEM_read_bio_X509_CRL(bio, nullptr, nullptr, nullptr)); });
}

std::string NameText(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  CHECK(bio != nullptr);
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253);
  const std::string text = TextIn(bio);
  if (text.size() > kMaxNameBytes) return text.substr(0, kMaxNameBytes) + "...";
  return text.empty() ? "(no subject)" : text;
}

std::string SerialText(const ASN1_INTEGER* serial) {
  const std::unique_ptr<BIGNUM, OpensslFree<BN_free>> number(ASN1_INTEGER_to_BN(serial, nullptr));
  if (number == nullptr) return "?";
  char* const hex = BN_bn2hex(number.get());
  CHECK(hex != nullptr);
  std::string text(hex);
  OPENSSL_free(hex);
  return text;
}

std::vector<std::string> UrisOf(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>> names(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> uris;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* const uri = name->d.uniformResourceIdentifier;
    uris.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                      static_cast<size_t>(ASN1_STRING_length(uri)));
  }
  return uris;
}

CertificateNames NamesOf(const X509* certificate) {
  return {.subject = NameText(X509_get_subject_name(certificate)), .uris = UrisOf(certificate)};
}

SystemTime TimeOf(const ASN1_TIME* time) {
  tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return SystemTime::min();
  using std::chrono::seconds;
  const auto whole_seconds = [](SystemTime limit) {
    return std::chrono::duration_cast<seconds>(limit.time_since_epoch());
  };
  return SystemTime(std::clamp(seconds(timegm(&parts)), whole_seconds(SystemTime::min()),
                               whole_seconds(SystemTime::max())));
}

std::string TimeText(SystemTime time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromChrono(time), absl::UTCTimeZone());
}

}  // namespace quorate::security
