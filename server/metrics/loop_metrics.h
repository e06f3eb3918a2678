// Metrics of event loops.
#pragma once

#include <initializer_list>

#include "base/clock.h"
#include "base/event_loop.h"
#include "server/metrics/metrics_page.h"

namespace quorate::server {

void AddLoopMetrics(const EventLoop& loop, MonoTime now, MetricsPage& page);

}  // namespace quorate::server
