#include "security/testing/test_authority.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/check.h"

namespace quorate::security {
namespace {

constexpr long kVersion3 = 2;

using ExtensionPtr = std::unique_ptr<X509_EXTENSION, OpensslFree<X509_EXTENSION_free>>;

std::string ToPem(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  CHECK_EQ(PEM_write_bio_X509(bio.get(), certificate), 1);
  return TextIn(bio);
}

KeyPtr NewKey() {
  KeyPtr key(EVP_EC_gen("P-256"));
  CHECK(key != nullptr);
  return key;
}

void SetName(X509* certificate, const std::string& name) {
  CHECK_EQ(
      X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0),
      1);
}

void Extend(X509* certificate, int extension, const std::string& value) {
  if (value.empty()) return;
  const ExtensionPtr made(X509V3_EXT_conf_nid(nullptr, nullptr, extension, value.c_str()));
  CHECK(made != nullptr) << value;
  CHECK_EQ(X509_add_ext(certificate, made.get(), -1), 1);
}

CertificatePtr NewCertificate(long serial, EVP_PKEY* key, const TestAuthority::Request& request) {
  CertificatePtr certificate(X509_new());
  CHECK(certificate != nullptr);
  X509_set_version(certificate.get(), kVersion3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), request.valid_from.count());
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), request.valid_to.count());
  X509_set_pubkey(certificate.get(), key);
  SetName(certificate.get(), request.name);
  return certificate;
}

}  // namespace

TestAuthority::TestAuthority(const std::string& name)
    : key_(NewKey()), certificate_(NewCertificate(1, key_.get(), {.name = name})) {
  Extend(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
  CHECK_GT(X509_sign(certificate_.get(), key_.get(), EVP_sha256()), 0);
  pem_ = ToPem(certificate_.get());
}

IssuedCertificate TestAuthority::Issue(const Request& request) {
  const KeyPtr key = NewKey();
  const CertificatePtr certificate = NewCertificate(++last_serial_, key.get(), request);
  Extend(certificate.get(), NID_subject_alt_name, request.alternative_names);
  Extend(certificate.get(), NID_ext_key_usage, request.uses);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
  CHECK_GT(X509_sign(certificate.get(), key_.get(), EVP_sha256()), 0);
  const BioPtr key_pem(BIO_new(BIO_s_mem()));
  CHECK_EQ(
      PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
  return {.cert_pem = ToPem(certificate.get()), .key_pem = TextIn(key_pem)};
}

std::string TestAuthority::Revoke(const std::vector<IssuedCertificate>& revoked,
                                  std::chrono::seconds next) {
  const CrlPtr list(X509_CRL_new());
  const std::unique_ptr<ASN1_TIME, OpensslFree<ASN1_TIME_free>> time(ASN1_TIME_new());
  X509_CRL_set_version(list.get(), 1);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(certificate_.get()));
  X509_gmtime_adj(time.get(), next.count());
  X509_CRL_set1_nextUpdate(list.get(), time.get());
  X509_gmtime_adj(time.get(), -60);
  X509_CRL_set1_lastUpdate(list.get(), time.get());
  for (const IssuedCertificate& each : revoked) {
    const CertificatePtr certificate = std::move(ParseCertificates(each.cert_pem).at(0));
    std::unique_ptr<X509_REVOKED, OpensslFree<X509_REVOKED_free>> entry(X509_REVOKED_new());
    X509_REVOKED_set_serialNumber(entry.get(), X509_get_serialNumber(certificate.get()));
    X509_REVOKED_set_revocationDate(entry.get(), time.get());
    CHECK_EQ(X509_CRL_add0_revoked(list.get(), entry.release()), 1);  // the list owns it now
  }
  X509_CRL_sort(list.get());
  CHECK_GT(X509_CRL_sign(list.get(), key_.get(), EVP_sha256()), 0);
  const BioPtr pem(BIO_new(BIO_s_mem()));
  CHECK_EQ(PEM_write_bio_X509_CRL(pem.get(), list.get()), 1);
  return TextIn(pem);
}

std::string EncryptKey(const std::string& key_pem) {
  const KeyPtr key(PEM_read_bio_PrivateKey(ReadOnly(key_pem).get(), nullptr, nullptr, nullptr));
  const BioPtr encrypted(BIO_new(BIO_s_mem()));
  unsigned char passphrase[] = "secret";
  CHECK_EQ(PEM_write_bio_PrivateKey(encrypted.get(), key.get(), EVP_aes_128_cbc(), passphrase,
                                    sizeof(passphrase) - 1, nullptr, nullptr),
           1);
  return TextIn(encrypted);
}

void ReplaceFile(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".new";
  std::ofstream(temporary) << text;
  PCHECK(chmod(temporary.c_str(), 0600) == 0);
  PCHECK(rename(temporary.c_str(), path.c_str()) == 0);
}

const std::string& TestDirectory() {
  struct Directory {
    Directory() { PCHECK(mkdtemp(path.data()) != nullptr); }
    ~Directory() { std::filesystem::remove_all(path); }
    std::string path = std::filesystem::temp_directory_path() / "quorate-tls-XXXXXX";
  };
  static const Directory directory;
  return directory.path;
}

TlsFiles WriteTlsFiles(const std::string& name, const IssuedCertificate& issued,
                       const std::string& ca_pem) {
  const std::string base = TestDirectory() + "/" + name;
  TlsFiles files = {.cert = base + ".pem", .key = base + "-key.pem", .ca = base + "-ca.pem"};
  ReplaceFile(files.key, issued.key_pem);
  ReplaceFile(files.cert, issued.cert_pem);
  ReplaceFile(files.ca, ca_pem);
  return files;
}

}  // namespace quorate::security
