#include "cli/metrics_text.h"

#include "absl/strings/numbers.h"

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
