// Finds the topic that an item of a request names.
#pragma once

#include "controller/decide/item_results.h"
#include "metadata/metadata_image.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

struct ResolvedTopic {
  // Null if there is an error.
  metadata::TopicPtr topic;
  ItemResult error;
};

// Errors: INVALID_REQUEST (not exactly one of name and id, or a malformed id),
// UNKNOWN_TOPIC_OR_PARTITION (no topic has the name), UNKNOWN_TOPIC_ID.
ResolvedTopic ResolveTopic(const metadata::MetadataImage& image, const admin::v1::TopicRef& ref);

// Returns the error of a topic that a request names `times` times: INVALID_REQUEST.
ItemResult NamedTwice(const metadata::TopicImage& topic, int times);

}  // namespace quorate::controller
