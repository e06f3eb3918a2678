// Answers ListPartitionReassignments, page by page. Used for reads on every controller.
#pragma once

#include <cstdint>

#include "controller/answer.h"
#include "metadata/metadata_image.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

// When a page ends. The work for a page takes milliseconds, however few reassignments there are.
struct ReassignmentPageLimits {
  // The number of topics, of chunks of 64 partitions, and of reassignments.
  int64_t looked_at = 50'000;
  int reassignments = 1'000;
};

// Returns the page that begins at the request's cursor. Each page makes progress. Errors:
// INVALID_REQUEST (a malformed cursor), POLICY_VIOLATION (too many names).
Answer<admin::v1::ListPartitionReassignmentsResponse> ListReassignmentPage(
    const metadata::MetadataImage& image,
    const admin::v1::ListPartitionReassignmentsRequest& request,
    const ReassignmentPageLimits& limits = {});

}  // namespace quorate::controller
