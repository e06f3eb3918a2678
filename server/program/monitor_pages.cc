#include "server/program/monitor_pages.h"

#include <chrono>
#include <optional>
#include <utility>

#include "server/program/run_and_wait.h"

namespace quorate::server {
namespace {

constexpr Duration kCollectTimeout = std::chrono::seconds(2);

HttpServer::Builder HealthPage(std::function<bool()> healthy, std::string yes, std::string no) {
  return [healthy = std::move(healthy), yes = std::move(yes), no = std::move(no)] {
    return healthy() ? HttpServer::Page{.body = yes + "\n"}
                     : HttpServer::Page{.status = 503, .body = no + "\n"};
  };
}

}  // namespace

std::map<std::string, HttpServer::Builder> MonitorPages(MonitorSources sources) {
  return {{"/metrics",
           [collect = std::move(sources.metrics)] {
             std::optional<std::string> page = RunAndGet<std::string>(kCollectTimeout, collect);
             if (page) {
               return HttpServer::Page{.content_type = kMetricsContentType,
                                       .body = *std::move(page)};
             }
             return HttpServer::Page{.status = 503, .body = "the process is too busy\n"};
           }},
          {"/healthz", HealthPage(std::move(sources.alive), "alive", "stuck")},
          {"/readyz", HealthPage(std::move(sources.ready), "ready", "not ready")}};
}

}  // namespace quorate::server
