#include "server/metrics/call_metrics.h"

#include <iterator>
#include <string>

#include "server/metrics/metric_table.h"

namespace quorate::server {
namespace {

// gRPC's status codes.
constexpr const char* kCodes[] = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};
static_assert(std::size(kCodes) == CallInstruments::kCodes);

std::string MethodOf(std::string_view path) {
  return std::string(path.substr(path.starts_with('/') ? 1 : 0));
}

}  // namespace

void AddCallMetrics(std::string_view path, const CallInstruments& instruments, MetricsPage& page) {
  const std::string method = MethodOf(path);
  for (size_t code = 0; code < CallInstruments::kCodes; ++code) {
    const Counter& ended = instruments.ended[code];
    if (code != 0 && ended.value() == 0) continue;
    page.Add(kCalls, ended, {{"method", method}, {"code", kCodes[code]}});
  }
  page.Add(kCallTime, instruments.seconds, {{"method", method}});
}

void AddStreamMetrics(std::string_view path, const Counter& started, MetricsPage& page) {
  page.Add(kStreamsStarted, started, {{"method", MethodOf(path)}});
}

void AddBudgetMetrics(std::string_view name, const Budget& budget, MetricsPage& page) {
  const MetricLabels labels = {{"budget", std::string(name)}};
  page.Add(kBudgetCount, static_cast<double>(budget.count()), labels);
  page.Add(kBudgetMaxCount, static_cast<double>(budget.limits().max_count), labels);
  page.Add(kBudgetBytes, static_cast<double>(budget.bytes()), labels);
  page.Add(kBudgetMaxBytes, static_cast<double>(budget.limits().max_bytes), labels);
  page.Add(kBudgetRefused, static_cast<double>(budget.refused()), labels);
}

}  // namespace quorate::server
