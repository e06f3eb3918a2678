// What leaders may change about their partitions (KIP-497, KIP-841): the ISR, guarded by the epochs
// that the change builds on, so that a request which lost a race changes nothing.
#pragma once

#include "controller/decision.h"
#include "quorate/broker/v1/broker_service.pb.h"

namespace quorate::controller {

// Partition by partition; an ISR that is already what was asked for makes no record. Error of the
// whole request: STALE_BROKER_EPOCH. Errors of partitions, by Kafka's precedence: UNKNOWN_TOPIC_ID,
// UNKNOWN_TOPIC_OR_PARTITION, NOT_CONTROLLER (an epoch above ours: the sender is ahead),
// FENCED_LEADER_EPOCH, INVALID_REQUEST (the sender does not lead), INVALID_UPDATE_VERSION,
// INVALID_REQUEST (a member twice, not a replica, or the leader missing), INELIGIBLE_REPLICA; and
// INVALID_REQUEST for a partition that the request has changed already.
Decision<broker::v1::AlterPartitionResponse> DecideAlterPartition(
    const View& view, const broker::v1::AlterPartitionRequest& request, const Context& context);

}  // namespace quorate::controller
