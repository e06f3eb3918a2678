// Decides which producer ids a broker gets. Needs metadata version 3.
#pragma once

#include "controller/decide/decision.h"
#include "quorate/broker/v1/broker_service.pb.h"

namespace quorate::controller {

// The number of producer ids in a block, as in Kafka.
inline constexpr int32_t kProducerIdBlock = 1000;

// Gives the broker the next block of producer ids. A broker that repeats a request gets another
// block; there are enough for a million blocks a second for 290,000 years.
//
// Errors, by precedence: STALE_BROKER_EPOCH, UNSUPPORTED_VERSION, UNKNOWN_SERVER_ERROR (no block is
// left).
Decision<broker::v1::AllocateProducerIdsResponse> DecideAllocateProducerIds(
    const View& view, const broker::v1::AllocateProducerIdsRequest& request,
    const Context& context);

}  // namespace quorate::controller
