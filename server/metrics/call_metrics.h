// Metrics of the calls and streams of a listener.
#pragma once

#include <string_view>

#include "base/budget.h"
#include "server/metrics/metrics_page.h"
#include "server/node/call_instruments.h"

namespace quorate::server {

// `path` is "/package.Service/Method".
void AddCallMetrics(std::string_view path, const CallInstruments& instruments, MetricsPage& page);
void AddStreamMetrics(std::string_view path, const Counter& started, MetricsPage& page);
void AddBudgetMetrics(std::string_view name, const Budget& budget, MetricsPage& page);

}  // namespace quorate::server
