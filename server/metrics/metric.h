// The description of one metric. The table of all metrics is metric_table.h.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quorate::server {

enum class MetricType {
  kCounter,    // only grows while the process runs; its name ends in _total
  kGauge,      // the current value
  kHistogram,  // a distribution (base/instruments.h)
};

struct Metric {
  // By Prometheus' conventions: the unit is a base unit, at the end of the name.
  std::string_view name;
  MetricType type;
  // One or more sentences, for HELP and docs/metrics.md.
  std::string_view help;
  // The names of its labels, separated by commas; empty if it has none. A label has few values.
  std::string_view labels = "";
  // The corresponding metric of a Kafka controller or broker, as in "KafkaController:
  // ActiveControllerCount"; empty if there is none.
  std::string_view kafka = "";
};

// The names and values of a sample's labels, in the order of Metric::labels.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

}  // namespace quorate::server
