// Metrics of the certificates that a process serves.
#pragma once

#include <string>

#include "security/tls_store.h"
#include "server/metrics/metrics_page.h"

namespace quorate::server {

// `tls` holds the certificate of the listener `port`. Adds nothing if it is null.
void AddTlsMetrics(const std::string& port, const security::TlsStore* tls, MetricsPage& page);

}  // namespace quorate::server
