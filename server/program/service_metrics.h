// Adds the metrics of all methods of a gRPC service.
#pragma once

#include <string_view>

#include "server/calls/method_service.h"
#include "server/metrics/call_metrics.h"

namespace quorate::server {

inline void AddServiceMetrics(const MethodService& service, MetricsPage& page) {
  service.ForEachUnary([&page](std::string_view path, const CallInstruments& instruments) {
    AddCallMetrics(path, instruments, page);
  });
  service.ForEachStream([&page](std::string_view path, const Counter& started) {
    AddStreamMetrics(path, started, page);
  });
}

}  // namespace quorate::server
