// What a certificate calls its owner.
#pragma once

#include <string>
#include <vector>

namespace quorate::security {

// The names in a certificate whose signature and dates are already verified.
struct CertificateNames {
  // "CN=admin,O=Quorate" (RFC 2253).
  std::string subject = {};
  // The URIs in its subject alternative names.
  std::vector<std::string> uris = {};
};

// Returns the names in the first certificate of a PEM text; no names if it does not parse.
CertificateNames NamesIn(const std::string& pem);

// Returns the subject for messages: in quotes, and cut if it is long.
std::string SubjectText(const CertificateNames& names);
// Returns the URIs for messages: "quorate://…, quorate://…" or "no URI". Long lists and long or
// unprintable URIs are cut and escaped, because they come from a peer.
std::string UrisText(const std::vector<std::string>& uris);

}  // namespace quorate::security
