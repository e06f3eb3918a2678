#include "controller/decide/request_size.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_format.h"
#include "controller/answer.h"
#include "controller/decide/configs/config_keys.h"

namespace quorate::controller {
namespace {

std::optional<common::v1::Error> CheckCount(int64_t count, int64_t limit, std::string_view what) {
  if (count <= limit) return std::nullopt;
  return MakeError(common::v1::POLICY_VIOLATION,
                   absl::StrFormat("the request has %d %s; one request may have at most %d: split "
                                   "it, or raise the limit of the controllers",
                                   count, what, limit));
}

// The unit of the estimates is about a microsecond.
constexpr int64_t kMostOnLoop = 4'000;
constexpr int64_t kPerTopic = 15;
constexpr int64_t kPerConfig = 5;
constexpr int64_t kPerPartition = 1;

int64_t PartitionsOf(const metadata::TopicPtr& topic) {
  return topic == nullptr ? 0 : topic->partition_count();
}

}  // namespace

std::optional<common::v1::Error> CheckSize(const admin::v1::CreateTopicsRequest& request,
                                           const RequestLimits& limits) {
  int64_t items = request.topics_size();
  if (auto error = CheckCount(items, limits.max_items, "topics")) return error;
  int64_t partitions = 0;
  for (const admin::v1::NewTopic& topic : request.topics()) {
    items += topic.configs_size();
    // Only one of the two is valid; the decision says so.
    partitions += topic.assignments_size() + std::max(topic.partition_count(), 0);
  }
  if (auto error = CheckCount(items, limits.max_items, "topics and configs")) return error;
  return CheckCount(partitions, limits.max_partitions, "partitions");
}

std::optional<common::v1::Error> CheckSize(const admin::v1::DeleteTopicsRequest& request,
                                           const RequestLimits& limits) {
  return CheckCount(request.topics_size(), limits.max_items, "topics");
}

std::optional<common::v1::Error> CheckSize(const admin::v1::IncrementalAlterConfigsRequest& request,
                                           const RequestLimits& limits) {
  int64_t items = request.resources_size();
  if (auto error = CheckCount(items, limits.max_items, "resources")) return error;
  for (const auto& resource : request.resources()) items += resource.changes_size();
  return CheckCount(items, limits.max_items, "resources and changes");
}

std::optional<common::v1::Error> CheckSize(const broker::v1::AlterPartitionRequest& request,
                                           const RequestLimits& limits) {
  if (auto error = CheckCount(request.topics_size(), limits.max_items, "topics")) return error;
  int64_t partitions = 0;
  for (const auto& topic : request.topics()) partitions += topic.partitions_size();
  return CheckCount(partitions, limits.max_partitions, "partitions");
}

bool IsLarge(const admin::v1::CreateTopicsRequest& request,
             const metadata::MetadataImage& /*image*/) {
  int64_t cost = 0;
  for (const admin::v1::NewTopic& topic : request.topics()) {
    const int64_t partitions = topic.assignments_size() + std::max(topic.partition_count(), 1);
    cost += kPerTopic + topic.configs_size() * kPerConfig + partitions * kPerPartition;
  }
  return cost > kMostOnLoop;
}

bool IsLarge(const admin::v1::DeleteTopicsRequest& request, const metadata::MetadataImage& image) {
  int64_t cost = request.topics_size() * kPerTopic;
  for (const admin::v1::TopicRef& topic : request.topics()) {
    if (cost > kMostOnLoop) return true;
    const auto id = Uuid::Parse(topic.topic_id());
    cost += kPerPartition *
            PartitionsOf(id ? image.FindTopic(*id) : image.FindTopicByName(topic.name()));
  }
  return cost > kMostOnLoop;
}

bool IsLarge(const admin::v1::IncrementalAlterConfigsRequest& request,
             const metadata::MetadataImage& image) {
  int64_t cost = request.resources_size() * kPerTopic;
  for (const auto& resource : request.resources()) {
    for (const admin::v1::ConfigChange& change : resource.changes()) {
      if (cost > kMostOnLoop) return true;
      cost += kPerConfig;
      // Once it is enabled, the decision looks at each partition.
      if (change.key() != kUncleanLeaderElectionKey) continue;
      cost += kPerPartition * PartitionsOf(image.FindTopicByName(resource.resource().name()));
    }
  }
  return cost > kMostOnLoop;
}

bool IsLarge(const broker::v1::AlterPartitionRequest& request,
             const metadata::MetadataImage& /*image*/) {
  int64_t cost = request.topics_size() * kPerTopic;
  for (const auto& topic : request.topics()) cost += topic.partitions_size() * kPerPartition;
  return cost > kMostOnLoop;
}

}  // namespace quorate::controller
