#include "bench/metadata_fill.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include "base/check.h"
#include "bench/statistics.h"

namespace quorate::bench {
namespace {

// A few hundred kilobytes, far below the size limit of an entry.
constexpr int64_t kRecordsPerRequest = 10'000;
constexpr int64_t kRecordsPerLine = 200'000;

}  // namespace

std::string FillerName(int64_t n) { return "filler-of-ordinary-length-" + std::to_string(n); }

void FillMetadata(const testing::Cluster& cluster, int64_t records, int partitions,
                  int replication_factor) {
  client::AdminClient client = cluster.Client({}, [](client::CallerOptions& options) {
    options.attempt_timeout = testing::kPatience;
    options.max_attempt_timeout = testing::kPatience;
  });
  const int64_t records_per_topic = partitions + 1;
  const int64_t topics = (records + records_per_topic - 1) / records_per_topic;
  const int64_t topics_per_request = std::max<int64_t>(kRecordsPerRequest / records_per_topic, 1);
  const auto begun = std::chrono::steady_clock::now();
  int64_t printed = 0;
  for (int64_t topic = 0; topic < topics;) {
    admin::v1::CreateTopicsRequest request;
    for (const int64_t end = std::min(topic + topics_per_request, topics); topic < end; ++topic) {
      auto* created = request.add_topics();
      created->set_name(FillerName(topic));
      created->set_partition_count(partitions);
      created->set_replication_factor(replication_factor);
    }
    const auto response = testing::Must(client.CreateTopics(std::move(request)));
    for (const auto& result : response.results()) {
      CHECK(!result.has_error()) << result.error().message();
    }
    const int64_t created = topic * records_per_topic;
    if (created - printed < kRecordsPerLine && topic < topics) continue;
    printed = created;
    std::printf("%lld records after %.1f s\n", static_cast<long long>(created),
                Milliseconds(std::chrono::steady_clock::now() - begun) / 1000);
    std::fflush(stdout);
  }
}

}  // namespace quorate::bench
