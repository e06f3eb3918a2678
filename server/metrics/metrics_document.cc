#include "server/metrics/metrics_document.h"

#include <string_view>

#include "absl/strings/str_replace.h"
#include "server/metrics/metric_table.h"

namespace quorate::server {
namespace {

constexpr std::string_view kIntroduction = R"(# Metrics

This file is generated from `server/metrics/metric_table.h`. After a change of the table, run
`QUORATE_UPDATE_DOCS=1 build/release/server/metrics/server_metrics_test`.

`quorate-controller` and `quorate-broker` serve their metrics over HTTP if they are started with
`--metrics-listen HOST:PORT`:

    $ curl http://localhost:9464/metrics

`/healthz` is answered with 200 while the process is alive, and `/readyz` with 200 while it is ready, as
the services "" and "quorate.ready" of grpc.health.v1 are; otherwise both are answered with 503. The
listener has no encryption and no access control, and nothing can be changed through it.

A metric that is not known at the moment is omitted. Labels have few values: no label names a topic or a
client. The last column names the metric of Kafka that says the same or nearly the same.
)";

std::string_view TypeName(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
  }
  return "";
}

// Appends one cell of a table.
void AppendCell(std::string_view content, std::string& text) {
  text += "| ";
  text += content;
  if (!content.empty()) text += ' ';
}

}  // namespace

std::string MetricsDocument() {
  std::string text(kIntroduction);
  for (const MetricSection& section : kMetricSections) {
    text += "\n## ";
    text += section.title;
    text += "\n\n| metric | type | labels | meaning | Kafka |\n|---|---|---|---|---|\n";
    for (const Metric* metric : section.metrics) {
      AppendCell("`" + std::string(metric->name) + "`", text);
      AppendCell(TypeName(metric->type), text);
      AppendCell(absl::StrReplaceAll(std::string(metric->labels), {{",", ", "}}), text);
      AppendCell(metric->help, text);
      AppendCell(metric->kafka, text);
      text += "|\n";
    }
  }
  return text;
}

}  // namespace quorate::server
