// Owners of OpenSSL's objects, and PEM as strings. Only security/ and its tests include it.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "security/certificate_names.h"

namespace quorate::security {

using SystemTime = std::chrono::system_clock::time_point;

template <auto kFree>
struct OpensslFree {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using BioPtr = std::unique_ptr<BIO, OpensslFree<BIO_free_all>>;
using CertificatePtr = std::unique_ptr<X509, OpensslFree<X509_free>>;
using CrlPtr = std::unique_ptr<X509_CRL, OpensslFree<X509_CRL_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;

// Returns a reader of `text`, which must outlive it.
BioPtr ReadOnly(const std::string& text);

// Returns what was written to a memory BIO.
std::string TextIn(const BioPtr& bio);

// Return the certificates or revocation lists of a PEM file, in order. Other parts of the file are
// skipped. Return an empty vector if a part does not parse.
std::vector<CertificatePtr> ParseCertificates(const std::string& pem);
std::vector<CrlPtr> ParseCrls(const std::string& pem);

// Returns "CN=controller-1,O=Quorate" (RFC 2253): escaped, and cut after 256 bytes.
std::string NameText(const X509_NAME* name);
// Returns the serial number in hexadecimal digits, as `openssl x509 -serial` prints it.
std::string SerialText(const ASN1_INTEGER* serial);
// Returns the URIs in the subject alternative names.
std::vector<std::string> UrisOf(const X509* certificate);
CertificateNames NamesOf(const X509* certificate);
// The clock ends in the year 2262, but a certificate may be valid until 9999 (RFC 5280 §4.1.2.5).
// Returns the last time of the clock for any later time, and the first one if the time is
// malformed.
SystemTime TimeOf(const ASN1_TIME* time);
// Returns "2026-11-30T00:40:00Z".
std::string TimeText(SystemTime time);

}  // namespace quorate::security
