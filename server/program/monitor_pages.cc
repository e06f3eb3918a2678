#include "server/program/monitor_pages.h"

#include <utility>

#include "server/metrics/metrics_page.h"

namespace quorate::server {
namespace {

HttpServer::Builder HealthPage(std::function<bool()> healthy, std::string yes, std::string no) {
  return [healthy = std::move(healthy), yes = std::move(yes), no = std::move(no)] {
    return healthy() ? HttpServer::Page{.body = yes + "\n"}
                     : HttpServer::Page{.status = 503, .body = no + "\n"};
  };
}

}  // namespace

std::map<std::string, HttpServer::Builder> MonitorPages(MonitorSources sources) {
  return {{"/metrics",
           [metrics = std::move(sources.metrics)] {
             return HttpServer::Page{.content_type = kMetricsContentType, .body = metrics()};
           }},
          {"/healthz", HealthPage(std::move(sources.alive), "alive", "stuck")},
          {"/readyz", HealthPage(std::move(sources.ready), "ready", "not ready")}};
}

}  // namespace quorate::server
