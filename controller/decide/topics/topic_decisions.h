// Decides which topics are created, extended and deleted. Each item succeeds or fails alone, as in
// Kafka. A decision returns the result of each item. The response is built from these results and
// the request alone, so that a retry (request_ids.h) gets exactly the first answer.
#pragma once

#include <cstddef>
#include <optional>

#include "controller/decide/decision.h"
#include "controller/decide/item_results.h"
#include "controller/decide/request_size.h"
#include "metadata/metadata_image.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

// Writes for each topic a TopicRecord, ConfigRecords and PartitionsRecords. With validate_only
// there are no records.
//
// Errors of items, by precedence: INVALID_REQUEST (a duplicate or reserved name),
// INVALID_TOPIC_EXCEPTION, TOPIC_ALREADY_EXISTS, INVALID_CONFIG; with assigned replicas
// INVALID_REQUEST and INVALID_REPLICA_ASSIGNMENT, otherwise INVALID_PARTITIONS and
// INVALID_REPLICATION_FACTOR. POLICY_VIOLATION for the whole request if it does not fit in one
// entry.
Decision<ItemResults> DecideCreateTopics(const View& view,
                                         const admin::v1::CreateTopicsRequest& request,
                                         const Context& context);

// Writes for each topic one PartitionsRecord, which goes on behind the partitions that the topic
// has. With validate_only there are no records.
//
// Errors of items, by precedence: INVALID_REQUEST (a duplicate name), UNKNOWN_TOPIC_OR_PARTITION,
// INVALID_PARTITIONS (not more than the topic has), INVALID_REPLICA_ASSIGNMENT,
// INVALID_REPLICATION_FACTOR (too few brokers to place the replicas). POLICY_VIOLATION for the
// whole request if it adds more partitions than the limits allow, or does not fit in one entry.
Decision<ItemResults> DecideCreatePartitions(const View& view,
                                             const admin::v1::CreatePartitionsRequest& request,
                                             const Context& context);

// Errors of items: INVALID_REQUEST (not exactly one of name and id, or a duplicate topic),
// UNKNOWN_TOPIC_ID, UNKNOWN_TOPIC_OR_PARTITION.
Decision<ItemResults> DecideDeleteTopics(const View& view,
                                         const admin::v1::DeleteTopicsRequest& request,
                                         const Context& context);

// Build the responses. The caller sets `end_offset`. REQUIRES: `items` are the results of this
// request.
admin::v1::CreateTopicsResponse ToResponse(const admin::v1::CreateTopicsRequest& request,
                                           const ItemResults& items);
admin::v1::CreatePartitionsResponse ToResponse(const admin::v1::CreatePartitionsRequest& request,
                                               const ItemResults& items);
admin::v1::DeleteTopicsResponse ToResponse(const admin::v1::DeleteTopicsRequest& request,
                                           const ItemResults& items);

inline size_t ItemCount(const admin::v1::CreateTopicsRequest& request) {
  return static_cast<size_t>(request.topics_size());
}
inline size_t ItemCount(const admin::v1::CreatePartitionsRequest& request) {
  return static_cast<size_t>(request.topics_size());
}
inline size_t ItemCount(const admin::v1::DeleteTopicsRequest& request) {
  return static_cast<size_t>(request.topics_size());
}

// Return POLICY_VIOLATION for a request above the limits. The check costs no more than the limits
// allow, however large the request is.
std::optional<common::v1::Error> CheckSize(const admin::v1::CreateTopicsRequest& request,
                                           const RequestLimits& limits);
// The decision checks the number of partitions, which depends on how many there are.
std::optional<common::v1::Error> CheckSize(const admin::v1::CreatePartitionsRequest& request,
                                           const RequestLimits& limits);
std::optional<common::v1::Error> CheckSize(const admin::v1::DeleteTopicsRequest& request,
                                           const RequestLimits& limits);

// Return whether the request may take longer than a few milliseconds to decide on `image` and to
// replay. The estimate is on the safe side. REQUIRES: CheckSize returned nullopt.
bool IsLarge(const admin::v1::CreateTopicsRequest& request, const metadata::MetadataImage& image);
bool IsLarge(const admin::v1::CreatePartitionsRequest& request,
             const metadata::MetadataImage& image);
bool IsLarge(const admin::v1::DeleteTopicsRequest& request, const metadata::MetadataImage& image);

}  // namespace quorate::controller
