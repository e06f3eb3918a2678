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

// Returns the value of a label of the first sample of the metric `name`; empty if there is none.
std::string LabelOf(const Metrics& metrics, std::string_view name, std::string_view label);

}  // namespace quorate::cli
