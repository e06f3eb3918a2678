#include "controller/decide/topics/topic_walk.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/quote.h"

namespace quorate::controller {
namespace {

// Returns the named topics by id, each once.
std::vector<metadata::TopicPtr> NamedTopics(
    const metadata::MetadataImage& image,
    const google::protobuf::RepeatedPtrField<std::string>& names) {
  std::vector<metadata::TopicPtr> topics;
  for (const std::string& name : names) {
    if (metadata::TopicPtr topic = image.FindTopicByName(name)) topics.push_back(std::move(topic));
  }
  std::sort(topics.begin(), topics.end(),
            [](const auto& a, const auto& b) { return a->id() < b->id(); });
  topics.erase(std::unique(topics.begin(), topics.end()), topics.end());
  return topics;
}

}  // namespace

Answer<PartitionPlace> PlaceOf(const admin::v1::TopicCursor& cursor) {
  const auto id = Uuid::Parse(cursor.topic_id());
  if (!id || cursor.partition() < 0) {
    return MakeError(common::v1::INVALID_REQUEST,
                     absl::StrFormat("the page begins at topic id %s, partition %d, which is not a "
                                     "place; use `next` of the page before",
                                     Quote(cursor.topic_id()), cursor.partition()));
  }
  return PartitionPlace{.topic_id = *id, .partition = cursor.partition()};
}

admin::v1::TopicCursor CursorOf(const PartitionPlace& place) {
  admin::v1::TopicCursor cursor;
  cursor.set_topic_id(place.topic_id.ToString());
  cursor.set_partition(place.partition);
  return cursor;
}

std::optional<common::v1::Error> CheckNameCount(
    const google::protobuf::RepeatedPtrField<std::string>& names) {
  if (names.size() <= kMaxNamedTopics) return std::nullopt;
  return MakeError(common::v1::POLICY_VIOLATION,
                   absl::StrFormat("the request names %d topics; a request for a page may name at "
                                   "most %d: split it, or name none",
                                   names.size(), kMaxNamedTopics));
}

void VisitTopics(const metadata::MetadataImage& image,
                 const google::protobuf::RepeatedPtrField<std::string>& names,
                 const PartitionPlace& from,
                 absl::FunctionRef<bool(const metadata::TopicImage&, int32_t first)> visit) {
  const auto visit_one = [&](const metadata::TopicPtr& topic) {
    return visit(*topic, topic->id() == from.topic_id ? from.partition : 0);
  };
  if (names.empty()) return image.ForEachTopicFrom(from.topic_id, visit_one);
  for (const metadata::TopicPtr& topic : NamedTopics(image, names)) {
    if (topic->id() < from.topic_id) continue;
    if (!visit_one(topic)) return;
  }
}

}  // namespace quorate::controller
