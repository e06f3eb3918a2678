// A certificate authority for tests, which issues certificates and revocation lists in memory.
// Unlike deploy/make-certificates.sh it also issues unsuitable ones.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "security/openssl.h"
#include "security/tls_files.h"

namespace quorate::security {

struct IssuedCertificate {
  std::string cert_pem;
  std::string key_pem;
};

class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name = "Test CA");

  struct Request {
    std::string name = "test";
    // As OpenSSL writes them: "DNS:localhost,IP:127.0.0.1,URI:quorate://…".
    std::string alternative_names = "DNS:localhost,IP:127.0.0.1";
    // Extended key usage. Empty: the certificate lists none.
    std::string uses = "serverAuth,clientAuth";
    // Relative to now.
    std::chrono::seconds valid_from = -std::chrono::hours(1);
    std::chrono::seconds valid_to = std::chrono::hours(1);
  };

  IssuedCertificate Issue(const Request& request);
  // Returns a list of these certificates, whose next list is due in `next`.
  std::string Revoke(const std::vector<IssuedCertificate>& revoked,
                     std::chrono::seconds next = std::chrono::hours(1));

  const std::string& pem() const { return pem_; }

 private:
  KeyPtr key_;
  CertificatePtr certificate_;
  std::string pem_;
  long last_serial_ = 0;
};

// Returns the key protected by a passphrase.
std::string EncryptKey(const std::string& key_pem);

// Writes the text to the file in one step, as a tool that renews certificates does.
void ReplaceFile(const std::string& path, const std::string& text);

// Returns a directory that only this process uses. It is deleted at the end.
const std::string& TestDirectory();

// Writes NAME.pem, NAME-key.pem and NAME-ca.pem in TestDirectory() and returns their paths.
TlsFiles WriteTlsFiles(const std::string& name, const IssuedCertificate& issued,
                       const std::string& ca_pem);

}  // namespace quorate::security
