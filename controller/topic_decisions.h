// Which topics come and go. Item by item, as Kafka: one topic of a request may fail while another
// is made. Decisions yield the outcome of each item; the response is built from these and the
// request alone, so that a retry (request_ids.h) is answered exactly as the first time.
#pragma once

#include "controller/decision.h"
#include "controller/item_results.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

// Records of a topic: TopicRecord, ConfigRecords, PartitionsRecord. With validate_only there are
// none. Errors of items, by precedence: INVALID_REQUEST (a name twice, or reserved),
// INVALID_TOPIC_EXCEPTION, TOPIC_ALREADY_EXISTS, INVALID_CONFIG; with replicas chosen by hand
// INVALID_REQUEST and INVALID_REPLICA_ASSIGNMENT, otherwise INVALID_PARTITIONS and
// INVALID_REPLICATION_FACTOR. POLICY_VIOLATION for the whole request if it would not fit one entry.
Decision<ItemResults> DecideCreateTopics(const View& view,
                                         const admin::v1::CreateTopicsRequest& request,
                                         const Context& context);

// Errors of items: INVALID_REQUEST (not exactly one of name and id, or a topic twice),
// UNKNOWN_TOPIC_ID, UNKNOWN_TOPIC_OR_PARTITION.
Decision<ItemResults> DecideDeleteTopics(const View& view,
                                         const admin::v1::DeleteTopicsRequest& request,
                                         const Context& context);

// `end_offset` is left to the caller. REQUIRES: the items are the request's.
admin::v1::CreateTopicsResponse ToResponse(const admin::v1::CreateTopicsRequest& request,
                                           const ItemResults& items);
admin::v1::DeleteTopicsResponse ToResponse(const admin::v1::DeleteTopicsRequest& request,
                                           const ItemResults& items);

}  // namespace quorate::controller
