// The files with which a listener or a client proves its identity, and their validation. A mistake
// is found here, at the start or when a file changes, and not by the other end in a handshake.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "security/certificate_names.h"
#include "security/identity_map.h"
#include "security/revocation_list.h"

namespace quorate::security {

// Paths of PEM files. All are empty if TLS is off.
struct TlsFiles {
  // The certificate, followed by those of intermediate CAs.
  std::string cert;
  // Its private key, without a passphrase.
  std::string key;
  // The CAs that are trusted to sign the certificates of the other side.
  std::string ca;
  // Optional: the revocation lists of those CAs.
  std::string crl;
  // Precedes "cert", "key", "ca" and "crl" in error messages, for example "peer-tls-".
  std::string option_prefix = "tls-";

  friend bool operator==(const TlsFiles&, const TlsFiles&) = default;
  bool is_set() const { return !cert.empty() || !key.empty() || !ca.empty() || !crl.empty(); }
};

// Returns INVALID_ARGUMENT if some of cert, key and ca are given but not all, or only crl is.
absl::Status CheckComplete(const TlsFiles& files);

// What a certificate is used for. If it lists uses (extended key usage), it must list these.
enum class CertificateUse { kClient, kServerAndClient };

// Whom a certificate must belong to.
struct RequiredOwner {
  // Null: anyone.
  const IdentityMap* identities = nullptr;
  Identity owner = {};
  // Whether the certificate of another owner is an error. If not, it is a warning.
  bool is_strict = true;
};

// The contents of checked files. Immutable, so that all threads can share it.
struct TlsMaterial {
  std::string cert_pem;
  std::string key_pem;
  std::string ca_pem;
  // Of the certificate.
  CertificateNames names;
  RevocationList revoked;
  // "'CN=CA 1' and 'CN=CA 2'", for logs. If there are more than four CAs, only their number.
  std::string trusted;
  // The text of not_after, "2026-11-30T00:40:00Z".
  std::string valid_until;
  // When the certificate ceases to be valid.
  std::chrono::system_clock::time_point not_after;
  // Questionable but usable: one sentence each, for the log.
  std::vector<std::string> warnings;
};

// Reads and checks the files:
//
// - Each file exists and contains what it should.
// - The key belongs to the certificate.
// - The certificate is valid now, and is made for this use.
// - One of the CAs has signed it.
// - It belongs to `owner`.
// - The revocation lists are signed by the CAs.
//
// Errors are FAILED_PRECONDITION; the message is one line that names the option, the file and the
// remedy. REQUIRES: CheckComplete is OK, and the files are given.
absl::StatusOr<std::shared_ptr<const TlsMaterial>> LoadTlsMaterial(const TlsFiles& files,
                                                                   CertificateUse use,
                                                                   const RequiredOwner& owner = {});

// Returns a sentence for the log if the certificate has expired, or expires within `within`.
std::optional<std::string> ExpiryWarning(const TlsMaterial& material, std::chrono::hours within);

}  // namespace quorate::security
