// How configs change. Resource by resource, as Kafka: one resource's changes may be refused while
// another's are made.
#pragma once

#include "controller/decision.h"
#include "controller/item_results.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

// A record for each config whose value becomes another; none for what is so already, and with
// validate_only none at all. Where unclean election becomes enabled, the election too. Errors of
// items: INVALID_REQUEST (a resource or a key twice, a type, id or operation that makes no sense),
// UNKNOWN_TOPIC_OR_PARTITION, BROKER_ID_NOT_REGISTERED, INVALID_CONFIG. POLICY_VIOLATION for the
// whole request if it would not fit one entry.
Decision<ItemResults> DecideIncrementalAlterConfigs(
    const View& view, const admin::v1::IncrementalAlterConfigsRequest& request,
    const Context& context);

// `end_offset` is left to the caller. REQUIRES: the items are the request's.
admin::v1::IncrementalAlterConfigsResponse ToResponse(
    const admin::v1::IncrementalAlterConfigsRequest& request, const ItemResults& items);

}  // namespace quorate::controller
