// Decides changes of configs. Each resource succeeds or fails alone, as in Kafka.
#pragma once

#include <cstddef>
#include <optional>

#include "controller/decide/decision.h"
#include "controller/decide/item_results.h"
#include "controller/decide/request_size.h"
#include "metadata/metadata_image.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

// Writes a record for each config whose value changes. A config that has the requested value
// already gets none, and with validate_only there are no records at all.
//
// If unclean election becomes enabled for a topic, the batch also holds the election. If it becomes
// enabled by default, there may be several batches (`again`), of which the last one holds the
// config. Such a change must be the only one of its request. The same holds if min.insync.replicas
// changes while partitions keep eligible leader replicas (KIP-966): the batches end those that may
// not stay eligible.
//
// Errors of items: INVALID_REQUEST (a duplicate resource or key, or an invalid type, id or
// operation), UNKNOWN_TOPIC_OR_PARTITION, BROKER_ID_NOT_REGISTERED, INVALID_CONFIG,
// UNSUPPORTED_VERSION (the default of all brokers). POLICY_VIOLATION for the whole request if it
// does not fit in one entry.
Decision<ItemResults> DecideIncrementalAlterConfigs(
    const View& view, const admin::v1::IncrementalAlterConfigsRequest& request,
    const Context& context);

// Builds the response. The caller sets `end_offset`. REQUIRES: `items` are the results of this
// request.
admin::v1::IncrementalAlterConfigsResponse ToResponse(
    const admin::v1::IncrementalAlterConfigsRequest& request, const ItemResults& items);

inline size_t ItemCount(const admin::v1::IncrementalAlterConfigsRequest& request) {
  return static_cast<size_t>(request.resources_size());
}

// As for topics (topic_decisions.h).
std::optional<common::v1::Error> CheckSize(const admin::v1::IncrementalAlterConfigsRequest& request,
                                           const RequestLimits& limits);
bool IsLarge(const admin::v1::IncrementalAlterConfigsRequest& request,
             const metadata::MetadataImage& image);

}  // namespace quorate::controller
