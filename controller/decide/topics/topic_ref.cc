#include "controller/decide/topics/topic_ref.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/quote.h"

namespace quorate::controller {

ResolvedTopic ResolveTopic(const metadata::MetadataImage& image, const admin::v1::TopicRef& ref) {
  const auto fail = [](common::v1::ErrorCode code, std::string message) {
    return ResolvedTopic{.error = MakeItemError(code, std::move(message))};
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

void RefuseRepeatedTopics(std::vector<ResolvedTopic>* items) {
  std::map<Uuid, int> times_named;
  for (const ResolvedTopic& item : *items) {
    if (item.topic != nullptr) ++times_named[item.topic->id()];
  }
  for (ResolvedTopic& item : *items) {
    const int times = item.topic == nullptr ? 0 : times_named[item.topic->id()];
    if (times <= 1) continue;
    item.error = MakeItemError(
        common::v1::INVALID_REQUEST,
        absl::StrFormat("the request names topic \"%s\" %d times, by name or id; name it once",
                        item.topic->name(), times));
  }
}

ItemError CheckPartition(const metadata::TopicImage& topic, int32_t partition, int times) {
  if (times > 1) {
    return MakeItemError(
        common::v1::INVALID_REQUEST,
        absl::StrFormat("the request names partition %d of topic \"%s\" %d times; name it once",
                        partition, topic.name(), times));
  }
  if (partition < 0 || partition >= topic.partition_count()) {
    return MakeItemError(common::v1::UNKNOWN_TOPIC_OR_PARTITION,
                         absl::StrFormat("topic \"%s\" has no partition %d, only 0 to %d",
                                         topic.name(), partition, topic.partition_count() - 1));
  }
  return std::nullopt;
}

}  // namespace quorate::controller
