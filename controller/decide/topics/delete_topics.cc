#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/quote.h"
#include "controller/decide/topics/topic_decisions.h"
#include "metadata/record_builders.h"

namespace quorate::controller {
namespace {

using admin::v1::DeleteTopicsRequest;
using admin::v1::TopicRef;

// The topic that an item names.
struct Resolved {
  // Null if there is an error.
  metadata::TopicPtr topic;
  ItemResult error;
};

Resolved Resolve(const metadata::MetadataImage& image, const TopicRef& ref) {
  const auto fail = [](common::v1::ErrorCode code, std::string message) {
    return Resolved{.error = MakeItemError(code, std::move(message))};
  };
  if (ref.name().empty() == ref.topic_id().empty()) {
    return fail(common::v1::INVALID_REQUEST, "name each topic by exactly one of name and id");
  }
  if (!ref.name().empty()) {
    if (metadata::TopicPtr topic = image.FindTopicByName(ref.name())) return {.topic = topic};
    return fail(common::v1::UNKNOWN_TOPIC_OR_PARTITION,
                absl::StrFormat("there is no topic %s", Quote(ref.name())));
  }
  const auto id = Uuid::Parse(ref.topic_id());
  if (!id) {
    return fail(common::v1::INVALID_REQUEST,
                absl::StrFormat("%s is not a topic id, which has 22 characters of base64url",
                                Quote(ref.topic_id())));
  }
  if (metadata::TopicPtr topic = image.FindTopic(*id)) return {.topic = topic};
  return fail(common::v1::UNKNOWN_TOPIC_ID,
              absl::StrFormat("there is no topic with id %s", ref.topic_id()));
}

}  // namespace

Decision<ItemResults> DecideDeleteTopics(const View& view, const DeleteTopicsRequest& request,
                                         const Context& /*context*/) {
  std::vector<Resolved> resolved;
  std::map<Uuid, int> times_named;
  for (const TopicRef& ref : request.topics()) {
    resolved.push_back(Resolve(view.image, ref));
    if (const auto& topic = resolved.back().topic) ++times_named[topic->id()];
  }

  metadata::v1::RecordBatch records;
  ItemResults items;
  std::string only_name;
  for (const Resolved& item : resolved) {
    if (item.topic == nullptr) {
      items.push_back(item.error);
    } else if (const int times = times_named[item.topic->id()]; times > 1) {
      items.push_back(MakeItemError(
          common::v1::INVALID_REQUEST,
          absl::StrFormat("the request names topic \"%s\" %d times, by name or id; name it once",
                          item.topic->name(), times)));
    } else {
      *records.add_records() = metadata::MakeRemoveTopicRecord(item.topic->id());
      items.push_back({.topic_id = item.topic->id()});
      only_name = item.topic->name();
    }
  }
  std::string cause = records.records_size() == 1
                          ? absl::StrFormat("DeleteTopics %s", only_name)
                          : absl::StrFormat("DeleteTopics (%d topics)", records.records_size());
  return {.records = std::move(records), .answer = std::move(items), .cause = std::move(cause)};
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
