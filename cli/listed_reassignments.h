// Asks for the reassignments that are in progress, and cancels some.
#pragma once

#include <string>
#include <vector>

#include "client/admin_client.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::cli {

// The most partitions that a command alters with one request.
inline constexpr int kReassignmentsPerRequest = 1'000;

// Returns all pages as one answer, by topic and partition. No topics: those of all topics.
// REQUIRES: at most 1,000 topics.
client::CallResult<admin::v1::ListPartitionReassignmentsResponse> ListReassignments(
    client::AdminClient& client, const std::vector<std::string>& topics, bool allow_stale);

}  // namespace quorate::cli
