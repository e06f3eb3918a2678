// Finds the topics and partitions that the items of a request name.
#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>

#include "controller/decide/item_results.h"
#include "google/protobuf/repeated_field.h"
#include "metadata/metadata_image.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

struct ResolvedTopic {
  // Null if there is no such topic.
  metadata::TopicPtr topic;
  // Why the item is refused; its code is 0 if it is not.
  ItemResult error;
};

// Errors: INVALID_REQUEST (not exactly one of name and id, or a malformed id),
// UNKNOWN_TOPIC_OR_PARTITION (no topic has the name), UNKNOWN_TOPIC_ID.
ResolvedTopic ResolveTopic(const metadata::MetadataImage& image, const admin::v1::TopicRef& ref);

// Refuses each item of a topic that several of these items name: INVALID_REQUEST.
void RefuseRepeatedTopics(std::vector<ResolvedTopic>* items);

// Resolves the topics of a request's items, each of which is or has a TopicRef, in their order.
template <typename Item>
std::vector<ResolvedTopic> ResolveTopics(const metadata::MetadataImage& image,
                                         const google::protobuf::RepeatedPtrField<Item>& items) {
  std::vector<ResolvedTopic> resolved;
  for (const Item& item : items) {
    if constexpr (std::is_same_v<Item, admin::v1::TopicRef>) {
      resolved.push_back(ResolveTopic(image, item));
    } else {
      resolved.push_back(ResolveTopic(image, item.topic()));
    }
  }
  RefuseRepeatedTopics(&resolved);
  return resolved;
}

// Checks a partition that an item names `times` times. Errors: INVALID_REQUEST (more than once),
// UNKNOWN_TOPIC_OR_PARTITION.
ItemError CheckPartition(const metadata::TopicImage& topic, int32_t partition, int times);

}  // namespace quorate::controller
