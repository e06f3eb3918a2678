#include "bench/single_writer.h"

#include <utility>

#include "base/check.h"

namespace quorate::bench {

SingleWriter::SingleWriter(const testing::Cluster& cluster, int node, std::string prefix,
                           std::chrono::milliseconds attempt_timeout)
    : thread_([this, prefix = std::move(prefix),
               client = cluster.Client({node}, [attempt_timeout](client::CallerOptions& options) {
                 options.attempt_timeout = attempt_timeout;
                 options.max_attempt_timeout = attempt_timeout;
                 options.initial_backoff = std::chrono::milliseconds(1);
                 options.max_backoff = std::chrono::milliseconds(1);
               })]() mutable { Write(std::move(client), prefix); }) {}

SingleWriter::~SingleWriter() { Finish(); }

std::vector<std::chrono::steady_clock::time_point> SingleWriter::Finish() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  return acknowledged_;
}

void SingleWriter::Write(client::AdminClient client, const std::string& prefix) {
  for (int n = 0; !stop_; ++n) {
    const auto response =
        testing::CreateTopic(client, prefix + "-" + std::to_string(n), /*partitions=*/1, 1);
    CHECK(!response.results(0).has_error()) << response.results(0).error().message();
    acknowledged_.push_back(std::chrono::steady_clock::now());
  }
}

}  // namespace quorate::bench
