// Metrics of TLS: the certificates that a process serves, and the calls that it refuses.
#pragma once

#include <string>

#include "security/refused_calls.h"
#include "security/tls_store.h"
#include "server/metrics/metrics_page.h"

namespace quorate::server {

// `tls` holds the certificate of the listener `port`. Adds nothing if it is null.
void AddTlsMetrics(const std::string& port, const security::TlsStore* tls, MetricsPage& page);

// Adds what a process with TLS has refused.
void AddRefusedCalls(const security::RefusedCalls& refused, MetricsPage& page);

}  // namespace quorate::server
