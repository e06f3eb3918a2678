// Decides the reassignments that an operator begins and cancels (Kafka's
// alterPartitionReassignments).
#pragma once

#include <cstddef>
#include <optional>

#include "controller/decide/decision.h"
#include "controller/decide/item_results.h"
#include "controller/decide/request_size.h"
#include "metadata/metadata_image.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

// Decides each partition alone (reassignment.h). A partition that already is as requested gets no
// record. With validate_only there are no records.
//
// The items are those of the partitions, in the order of the request. Errors, by precedence:
// UNSUPPORTED_VERSION (before metadata version 2); the errors of ResolveTopic; INVALID_REQUEST (a
// topic or partition that is named twice); UNKNOWN_TOPIC_OR_PARTITION. Then, to cancel:
// NO_REASSIGNMENT_IN_PROGRESS, INVALID_REPLICA_ASSIGNMENT (all in-sync replicas would leave). To
// reassign: INVALID_REPLICA_ASSIGNMENT (no replica, a duplicate, a broker that is not registered,
// or too many replicas). POLICY_VIOLATION for the whole request if it does not fit in one entry.
//
// REQUIRES: CheckSize returned nullopt.
Decision<ItemResults> DecideAlterPartitionReassignments(
    const View& view, const admin::v1::AlterPartitionReassignmentsRequest& request,
    const Context& context);

// Builds the response. The caller sets `end_offset`. REQUIRES: `items` are the results of this
// request.
admin::v1::AlterPartitionReassignmentsResponse ToResponse(
    const admin::v1::AlterPartitionReassignmentsRequest& request, const ItemResults& items);

// Returns the number of partitions.
size_t ItemCount(const admin::v1::AlterPartitionReassignmentsRequest& request);

// As for topics (topic_decisions.h). Also returns INVALID_REQUEST for a topic without partitions.
std::optional<common::v1::Error> CheckSize(
    const admin::v1::AlterPartitionReassignmentsRequest& request, const RequestLimits& limits);
bool IsLarge(const admin::v1::AlterPartitionReassignmentsRequest& request,
             const metadata::MetadataImage& image);

}  // namespace quorate::controller
