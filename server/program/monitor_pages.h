// The pages of the metrics listener, which both programs have.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "server/http/http_server.h"
#include "server/metrics/metrics_page.h"

namespace quorate::server {

// What the pages show. The functions are called on any thread.
struct MonitorSources {
  CollectMetrics metrics;
  // Return whether the process is alive and whether it is ready, as the gRPC health services "" and
  // "quorate.ready" do.
  std::function<bool()> alive;
  std::function<bool()> ready;
};

// Returns the pages /metrics, /healthz and /readyz. /metrics is answered with 503 if the metrics
// are not collected within two seconds.
std::map<std::string, HttpServer::Builder> MonitorPages(MonitorSources sources);

}  // namespace quorate::server
