#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "controller/decide/topics/topic_decisions.h"
#include "controller/decide/topics/topic_ref.h"
#include "metadata/record_builders.h"

namespace quorate::controller {

using admin::v1::DeleteTopicsRequest;
using admin::v1::TopicRef;

Decision<ItemResults> DecideDeleteTopics(const View& view, const DeleteTopicsRequest& request,
                                         const Context& /*context*/) {
  metadata::v1::RecordBatch records;
  ItemResults items;
  std::string only_name;
  int64_t partitions = 0;
  for (const ResolvedTopic& item : ResolveTopics(view.image, request.topics())) {
    if (item.error.code != 0) {
      items.push_back(item.error);
    } else {
      *records.add_records() = metadata::MakeRemoveTopicRecord(item.topic->id());
      items.push_back({.topic_id = item.topic->id()});
      only_name = item.topic->name();
      partitions += static_cast<int64_t>(item.topic->partition_count());
    }
  }
  std::string cause = records.records_size() == 1
                          ? absl::StrFormat("DeleteTopics %s", only_name)
                          : absl::StrFormat("DeleteTopics (%d topics)", records.records_size());
  return {.records = std::move(records),
          .answer = std::move(items),
          .cause = std::move(cause),
          .partition_mutations = partitions};
}

admin::v1::DeleteTopicsResponse ToResponse(const DeleteTopicsRequest& request,
                                           const ItemResults& items) {
  admin::v1::DeleteTopicsResponse response;
  for (int i = 0; i < request.topics_size(); ++i) {
    const ItemResult& item = items.at(static_cast<size_t>(i));
    auto* result = response.add_results();
    result->set_name(request.topics(i).name());
    result->set_topic_id(item.topic_id.is_zero() ? request.topics(i).topic_id()
                                                 : item.topic_id.ToString());
    if (item.code != common::v1::ERROR_CODE_UNSPECIFIED) *result->mutable_error() = ToError(item);
  }
  return response;
}

std::optional<common::v1::Error> CheckSize(const DeleteTopicsRequest& request,
                                           const RequestLimits& limits) {
  return CheckCount(request.topics_size(), limits.max_items, "topics");
}

bool IsLarge(const DeleteTopicsRequest& request, const metadata::MetadataImage& image) {
  int64_t cost = request.topics_size() * kCostPerTopic;
  for (const TopicRef& topic : request.topics()) {
    if (cost > kMaxCostOnLoop) return true;
    const auto id = Uuid::Parse(topic.topic_id());
    cost += CostOfPartitions(id ? image.FindTopic(*id) : image.FindTopicByName(topic.name()));
  }
  return cost > kMaxCostOnLoop;
}

}  // namespace quorate::controller
