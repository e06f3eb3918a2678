// Decides the elections that an operator asks for (Kafka's electLeaders).
//
// A request may be about a million partitions. One answer therefore reports at most
// kMaxElectionResults of them and says where the next request begins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "controller/decide/decision.h"
#include "controller/decide/item_results.h"
#include "controller/decide/request_size.h"
#include "metadata/metadata_image.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

// The most partitions that one answer reports.
inline constexpr size_t kMaxElectionResults = 1'000;

// PREFERRED makes the first replica the leader if it is active and in the ISR; the ISR stays. A
// partition without a leader gets another active ISR member if the first replica is not available.
// UNCLEAN gives a partition without a leader its first active replica (Settle). With validate_only
// there are no records.
//
// The items are a summary, one for each topic entry of the request, and then one for each partition
// that the answer reports. Errors of partitions, by precedence: INVALID_REQUEST (named twice),
// UNKNOWN_TOPIC_OR_PARTITION, ELECTION_NOT_NEEDED, PREFERRED_LEADER_NOT_AVAILABLE or
// ELIGIBLE_LEADERS_NOT_AVAILABLE. A partition of a whole topic that needs no election is counted
// and not reported. Errors of topics: those of ResolveTopic, then INVALID_REQUEST (named twice).
//
// REQUIRES: CheckSize returned nullopt.
Decision<ItemResults> DecideElectLeaders(const View& view,
                                         const admin::v1::ElectLeadersRequest& request,
                                         const Context& context);

// Builds the response. The caller sets `end_offset`. REQUIRES: `items` are the results of this
// request.
admin::v1::ElectLeadersResponse ToResponse(const admin::v1::ElectLeadersRequest& request,
                                           const ItemResults& items);

// Returns the number of items without those of partitions, which depend on the image.
inline size_t ItemCount(const admin::v1::ElectLeadersRequest& request) {
  return 1 + static_cast<size_t>(request.topics_size());
}

// As for topics (topic_decisions.h). Also returns INVALID_REQUEST for a malformed request.
std::optional<common::v1::Error> CheckSize(const admin::v1::ElectLeadersRequest& request,
                                           const RequestLimits& limits);
bool IsLarge(const admin::v1::ElectLeadersRequest& request, const metadata::MetadataImage& image);

}  // namespace quorate::controller
