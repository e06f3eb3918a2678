#include "server/metrics/session_metrics.h"

#include <iterator>
#include <string>

#include "server/metrics/metric_table.h"

namespace quorate::server {
namespace {

// In the order of controller::FenceCause.
constexpr const char* kCauses[] = {"stopped",           "proved_dead", "did_not_return",
                                   "did_not_reconnect", "silent",      "controlled_shutdown",
                                   "requested"};
static_assert(std::size(kCauses) == controller::kFenceCauses);

}  // namespace

void AddBrokerMetrics(const controller::BrokerInstruments& instruments, MetricsPage& page) {
  page.Add(kRegistrations, instruments.registrations);
  page.Add(kUnfences, instruments.unfences);
  for (size_t i = 0; i < controller::kFenceCauses; ++i) {
    page.Add(kFences, instruments.fences[i], {{"cause", kCauses[i]}});
  }
  page.Add(kIdleDrops, instruments.idle_drops);
  page.Add(kHeartbeatLateness, instruments.heartbeat_lateness);
}

void AddSessionMetrics(const controller::BrokerSessions::Counts& sessions, MetricsPage& page) {
  page.Add(kSessions, static_cast<double>(sessions.in_contact), {{"state", "in_contact"}});
  page.Add(kSessions, static_cast<double>(sessions.lost), {{"state", "lost"}});
  page.Add(kSessions, static_cast<double>(sessions.waiting), {{"state", "waiting"}});
}

}  // namespace quorate::server
