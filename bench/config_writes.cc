#include "bench/config_writes.h"

#include <string_view>

#include "absl/strings/str_format.h"
#include "tests/harness/cluster.h"

namespace quorate::bench {
namespace {

constexpr std::string_view kConfigKey = "retention.ms";
// The number of digits of a value.
constexpr size_t kDigits = 13;
constexpr int64_t kFirstValue = 1'000'000'000'000;

admin::v1::IncrementalAlterConfigsRequest Request(int64_t n) {
  admin::v1::IncrementalAlterConfigsRequest request;
  auto* changes = request.add_resources();
  changes->mutable_resource()->set_type(admin::v1::ConfigResource::TOPIC);
  changes->mutable_resource()->set_name(TopicName(n));
  auto* change = changes->add_changes();
  change->set_key(std::string(kConfigKey));
  change->set_operation(admin::v1::ConfigChange::SET);
  change->set_value(std::to_string(kFirstValue + n));
  return request;
}

std::string WhyFailed(const admin::v1::IncrementalAlterConfigsResponse& response) {
  return response.results_size() > 0 ? response.results(0).error().message() : "";
}

}  // namespace

std::string TopicName(int64_t n) {
  std::string name = absl::StrFormat("topic-%02d-", n % kKeys);
  name.resize(kWriteBytes - kConfigKey.size() - kDigits, 'x');
  return name;
}

void CreateWrittenTopics(client::AdminClient& client) {
  for (int n = 0; n < kKeys; ++n) testing::CreateTopic(client, TopicName(n), 1, 1);
}

ConfigWrites::Method ConfigWrite() {
  return {.prepare = &admin::v1::AdminService::Stub::PrepareAsyncIncrementalAlterConfigs,
          .request = Request,
          .why_failed = WhyFailed};
}

void FillAnswer(const admin::v1::IncrementalAlterConfigsRequest& request,
                admin::v1::IncrementalAlterConfigsResponse* response) {
  for (const auto& changes : request.resources()) {
    *response->add_results()->mutable_resource() = changes.resource();
  }
}

}  // namespace quorate::bench
