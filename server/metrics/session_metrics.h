// Metrics of the brokers' sessions with the active controller.
#pragma once

#include "controller/broker_instruments.h"
#include "controller/broker_sessions.h"
#include "server/metrics/metrics_page.h"

namespace quorate::server {

void AddBrokerMetrics(const controller::BrokerInstruments& instruments, MetricsPage& page);
// Only for the active controller.
void AddSessionMetrics(const controller::BrokerSessions::Counts& sessions, MetricsPage& page);

}  // namespace quorate::server
