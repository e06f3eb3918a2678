// Decides what partition leaders ask to change about their partitions (KIP-497, KIP-841): the ISR.
// The request names the epochs that it builds on, so a request that lost a race changes nothing.
#pragma once

#include <optional>

#include "controller/decide/decision.h"
#include "controller/decide/request_size.h"
#include "metadata/metadata_image.h"
#include "quorate/broker/v1/broker_service.pb.h"

namespace quorate::controller {

// Decides each partition alone. A partition that already has the requested ISR gets no record.
//
// Error of the whole request: STALE_BROKER_EPOCH. Errors of partitions, by Kafka's precedence:
// UNKNOWN_TOPIC_ID, UNKNOWN_TOPIC_OR_PARTITION, NOT_CONTROLLER (an epoch above this controller's:
// the sender is ahead), FENCED_LEADER_EPOCH, INVALID_REQUEST (the sender is not the leader),
// INVALID_UPDATE_VERSION, INVALID_REQUEST (a duplicate member, a member that is not a replica, or
// the leader is missing), INELIGIBLE_REPLICA. INVALID_REQUEST also for a partition that the request
// names a second time. NEW_LEADER_ELECTED if the change was made and completed a reassignment that
// gives the partition another leader than the sender.
Decision<broker::v1::AlterPartitionResponse> DecideAlterPartition(
    const View& view, const broker::v1::AlterPartitionRequest& request, const Context& context);

// As for topics (topic_decisions.h).
std::optional<common::v1::Error> CheckSize(const broker::v1::AlterPartitionRequest& request,
                                           const RequestLimits& limits);
bool IsLarge(const broker::v1::AlterPartitionRequest& request,
             const metadata::MetadataImage& image);

}  // namespace quorate::controller
