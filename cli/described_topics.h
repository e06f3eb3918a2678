// Asks for descriptions of topics, page by page.
#pragma once

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "client/admin_client.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::cli {

// Returns all pages as one answer. Without a filter, there is only one page. The topics of pages
// come by id, and are returned by name.
client::CallResult<admin::v1::DescribeTopicsResponse> DescribeTopicPages(
    client::AdminClient& client, admin::v1::DescribeTopicsRequest request);

// Calls `on_topic` for the description of each topic, by name, and holds only a few of them at a
// time. A topic that is created or deleted meanwhile may be left out. Returns the end offset of the
// last page.
client::CallResult<int64_t> DescribeEachTopic(
    client::AdminClient& client, bool allow_stale,
    absl::FunctionRef<void(const admin::v1::TopicDescription&)> on_topic);

}  // namespace quorate::cli
