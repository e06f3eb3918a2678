// Answers DescribeTopics with a filter, page by page. Used for reads on every controller.
#pragma once

#include <cstddef>
#include <cstdint>

#include "controller/answer.h"
#include "metadata/metadata_image.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

// When a page ends. The work for a page takes milliseconds, however few partitions match.
struct TopicPageLimits {
  // The number of topics and partitions that are looked at.
  int64_t looked_at = 10'000;
  // The size of the topics and partitions that match.
  size_t bytes = size_t{256} << 10;
};

// Returns the page that begins at the filter's cursor. Each page makes progress. Errors:
// INVALID_REQUEST (an unknown condition, a malformed cursor), POLICY_VIOLATION (too many names).
// REQUIRES: the request has a filter.
Answer<admin::v1::DescribeTopicsResponse> DescribeTopicPage(
    const metadata::MetadataImage& image, const admin::v1::DescribeTopicsRequest& request,
    const TopicPageLimits& limits = {});

}  // namespace quorate::controller
