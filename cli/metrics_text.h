// Reads the metrics of a process.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace quorate::cli {

// The samples of one process, by name with labels, as in `quorate_brokers{state="active"}`.
using Metrics = std::map<std::string, double, std::less<>>;

// Parses Prometheus' text format. Lines that are not samples are ignored.
Metrics ParseMetrics(std::string_view page);

// Returns the value of a sample, or nullopt if the process does not have it.
std::optional<double> Sample(const Metrics& metrics, std::string_view name);

// Returns the samples of the metric `name` by the value of `label`, for a metric with one label.
std::map<std::string, double> ByLabel(const Metrics& metrics, std::string_view name,
                                      std::string_view label);

// Returns the upper bound of the bucket that holds the `quantile` (0 to 1) of a histogram without
// labels: at most that share of the values is larger. Infinity: the last bucket. Returns nullopt if
// the histogram does not exist or has fewer than `min_count` values.
std::optional<double> Quantile(const Metrics& metrics, std::string_view name, double quantile,
                               double min_count);

// Returns the value of a label of the first sample of the metric `name`; empty if there is none.
std::string LabelOf(const Metrics& metrics, std::string_view name, std::string_view label);

}  // namespace quorate::cli
