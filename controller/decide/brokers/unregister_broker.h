// Decides which brokers lose their registration: those that an operator names, and idle ones that
// were silent for long. Needs metadata version 2.
//
// A broker without a registration leads no partition and, as every fenced broker, is in the ISR
// only of partitions that have no leader: only its replica may have everything that was committed.
// It stays in the lists of replicas. Its configs stay too, and apply when it registers again.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <variant>

#include "controller/decide/decision.h"
#include "controller/decide/item_results.h"
#include "controller/decide/request_size.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

// The request has one item. An unfenced broker is unregistered only with `force`, and first leaves
// its ISRs and leaderships in the same batch (or several, `again`), as a dead broker does. With
// validate_only there are no records.
//
// Errors of the item, by precedence: UNSUPPORTED_VERSION, BROKER_ID_NOT_REGISTERED, INVALID_REQUEST
// (the broker is unfenced, and `force` is not set).
Decision<ItemResults> DecideUnregisterBroker(const View& view,
                                             const admin::v1::UnregisterBrokerRequest& request,
                                             const Context& context);

// Builds the response. The caller sets `end_offset`. REQUIRES: `items` are the results of this
// request.
admin::v1::UnregisterBrokerResponse ToResponse(const admin::v1::UnregisterBrokerRequest& request,
                                               const ItemResults& items);

inline size_t ItemCount(const admin::v1::UnregisterBrokerRequest& /*request*/) { return 1; }

// As for topics (topic_decisions.h). A change of many partitions is not large, because it is split.
inline std::optional<common::v1::Error> CheckSize(
    const admin::v1::UnregisterBrokerRequest& /*request*/, const RequestLimits& /*limits*/) {
  return std::nullopt;
}
inline bool IsLarge(const admin::v1::UnregisterBrokerRequest& /*request*/,
                    const metadata::MetadataImage& /*image*/) {
  return false;
}

// Unregisters these brokers in one batch. REQUIRES: they are registered and idle (IsIdle), and the
// metadata version allows it.
Decision<std::monostate> DecideDropIdleBrokers(const View& view, std::span<const BrokerId> idle,
                                               const Context& context);

}  // namespace quorate::controller
