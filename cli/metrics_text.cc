#include "cli/metrics_text.h"

#include <algorithm>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

namespace quorate::cli {

Metrics ParseMetrics(std::string_view page) {
  Metrics metrics;
  while (!page.empty()) {
    const size_t end = page.find('\n');
    const std::string_view line = page.substr(0, end);
    page.remove_prefix(end == std::string_view::npos ? page.size() : end + 1);
    const size_t space = line.rfind(' ');
    double value = 0;
    if (line.starts_with('#') || space == std::string_view::npos ||
        !absl::SimpleAtod(std::string(line.substr(space + 1)), &value)) {
      continue;
    }
    metrics.emplace(line.substr(0, space), value);
  }
  return metrics;
}

std::optional<double> Sample(const Metrics& metrics, std::string_view name) {
  const auto it = metrics.find(name);
  return it == metrics.end() ? std::nullopt : std::optional(it->second);
}

std::map<std::string, double> ByLabel(const Metrics& metrics, std::string_view name,
                                      std::string_view label) {
  std::map<std::string, double> values;
  const std::string prefix = absl::StrFormat("%s{%s=\"", name, label);
  for (auto it = metrics.lower_bound(prefix); it != metrics.end() && it->first.starts_with(prefix);
       ++it) {
    values.emplace(
        it->first.substr(prefix.size(), it->first.find('"', prefix.size()) - prefix.size()),
        it->second);
  }
  return values;
}

std::optional<double> Quantile(const Metrics& metrics, std::string_view name, double quantile,
                               double min_count) {
  const auto count = Sample(metrics, absl::StrFormat("%s_count", name));
  if (!count || *count < std::max(min_count, 1.0)) return std::nullopt;
  double result = std::numeric_limits<double>::infinity();
  for (const auto& [bound, values] : ByLabel(metrics, absl::StrFormat("%s_bucket", name), "le")) {
    double seconds = 0;
    if (values >= quantile * *count && absl::SimpleAtod(bound, &seconds)) {
      result = std::min(result, seconds);
    }
  }
  return result;
}

std::string LabelOf(const Metrics& metrics, std::string_view name, std::string_view label) {
  const auto it = metrics.lower_bound(name);
  if (it == metrics.end() || !it->first.starts_with(name)) return "";
  const std::string key = std::string(label) + "=\"";
  const size_t begin = it->first.find(key);
  if (begin == std::string::npos) return "";
  const size_t value = begin + key.size();
  return it->first.substr(value, it->first.find('"', value) - value);
}

}  // namespace quorate::cli
