// The certificates that their CA has revoked (a CRL, RFC 5280 §5).
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace quorate::security {

// Immutable and thread-safe. A default-constructed list is empty.
class RevocationList {
 public:
  // Parses the PEM file `pem`, which may contain the lists of several CAs. Returns
  // INVALID_ARGUMENT, which does not name the file, if it contains no list or one that none of the
  // CAs in `ca_pem` has signed.
  static absl::StatusOr<RevocationList> Parse(const std::string& pem, const std::string& ca_pem);

  bool empty() const { return lists_.empty(); }
  // Returns when the next list was due, for each list whose CA has failed to renew it in time.
  std::vector<std::string> Overdue() const;

  // Returns OK unless the first certificate in `pem` is revoked. Then returns UNAUTHENTICATED with
  // the subject and serial number. The other certificates of a chain are not looked up. If `pem`
  // does not parse, returns UNAUTHENTICATED too.
  absl::Status Check(const std::string& pem) const;

 private:
  std::vector<std::shared_ptr<X509_CRL>> lists_;
};

}  // namespace quorate::security
