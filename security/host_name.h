// Whether a server's certificate was issued for the host that was dialled.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace quorate::security {

// Returns OK if the first certificate in `pem` names `host`, a host name or an address without a
// port, in its subject alternative names. A common name does not count (RFC 9525 §2). Otherwise
// returns UNAUTHENTICATED with the names in the certificate and the remedy.
absl::Status CheckHostName(const std::string& pem, const std::string& host);

}  // namespace quorate::security
