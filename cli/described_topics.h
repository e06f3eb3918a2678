// Asks for descriptions of topics, page by page.
#pragma once

#include "client/admin_client.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::cli {

// Returns all pages as one answer. Without a filter, there is only one page. The topics of pages
// come by id, and are returned by name.
client::CallResult<admin::v1::DescribeTopicsResponse> DescribeTopicPages(
    client::AdminClient& client, admin::v1::DescribeTopicsRequest request);

}  // namespace quorate::cli
