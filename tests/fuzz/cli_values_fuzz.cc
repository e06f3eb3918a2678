// The values of quoratectl's flags, the reassignment files that it reads, and the page of metrics
// that it reads from a process.
#include <cstdint>
#include <string>

#include "base/check.h"
#include "cli/metrics_text.h"
#include "cli/parse.h"
#include "cli/reassignment_file.h"
#include "tests/fuzz/properties.h"

namespace quorate::fuzz {
namespace {

void ParseTheTimeout(const std::string& text) {
  const absl::StatusOr<Duration> timeout = cli::ParseTimeout(text);
  if (!timeout.ok()) return CheckError(timeout.status());
  CHECK(*timeout >= std::chrono::milliseconds(1) && *timeout <= std::chrono::hours(24));
}

void ParseTheEndpoints(const std::string& text) {
  const auto endpoints = cli::ParseEndpoints(text);
  if (!endpoints.ok()) return CheckError(endpoints.status());
  CHECK(!endpoints->empty());
  for (const HostPort& endpoint : *endpoints) CHECK_NE(endpoint.port, 0);
}

void ParseTheRequestId(const std::string& text) {
  const auto id = cli::ParseRequestId(text);
  if (!id.ok()) return CheckError(id.status());
  const auto again = cli::ParseRequestId(cli::RequestIdText(*id));
  CHECK_OK(again.status());
  CHECK_EQ(again->SerializeAsString(), id->SerializeAsString());
}

void ParseTheAssignments(const std::string& text) {
  const auto assignments = cli::ParseAssignments(text);
  if (!assignments.ok()) return CheckError(assignments.status());
  for (const auto& assignment : *assignments) {
    for (const int32_t id : assignment.broker_ids()) CHECK_GE(id, 0);
  }
}

void ParseTheTopicPartitions(const std::string& text) {
  const auto topic = cli::ParseTopicPartitions(text);
  if (!topic.ok()) return CheckError(topic.status());
  CHECK(!topic->topic().name().empty());
  for (const int32_t partition : topic->partitions()) CHECK_GE(partition, 0);
}

void ParseTheConfig(const std::string& text) {
  const auto config = cli::ParseConfig(text);
  if (!config.ok()) return CheckError(config.status());
  CHECK_EQ(config->key() + "=" + config->value(), text);
}

void ParseTheReassignment(const std::string& text) {
  const auto partitions = cli::ParseReassignment(text);
  if (!partitions.ok()) return CheckError(partitions.status());
  const auto again = cli::ParseReassignment(cli::ReassignmentText(*partitions));
  CHECK_OK(again.status());
  CHECK(*again == *partitions);
}

void ParseThePage(const std::string& page) {
  const cli::Metrics metrics = cli::ParseMetrics(page);
  CHECK_LE(metrics.size(), page.size());
  for (const auto& [name, value] : metrics) {
    CHECK(cli::Sample(metrics, name).has_value());
    const std::string metric = name.substr(0, name.find('{'));
    cli::ByLabel(metrics, metric, "le");
    cli::LabelOf(metrics, metric, "version");
    cli::Quantile(metrics, metric.substr(0, metric.rfind("_bucket")), 0.99, 1);
  }
}

}  // namespace
}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  quorate::fuzz::ParseTheTimeout(text);
  quorate::fuzz::ParseTheEndpoints(text);
  quorate::fuzz::ParseTheRequestId(text);
  quorate::fuzz::ParseTheAssignments(text);
  quorate::fuzz::ParseTheTopicPartitions(text);
  quorate::fuzz::ParseTheConfig(text);
  quorate::fuzz::ParseTheReassignment(text);
  quorate::fuzz::ParseThePage(text);
  return 0;
}
