// Decides in which log directories the replicas of a broker are (KIP-858). The broker says so.
#pragma once

#include <optional>

#include "controller/decide/decision.h"
#include "controller/decide/request_size.h"
#include "metadata/metadata_image.h"
#include "quorate/broker/v1/broker_service.pb.h"

namespace quorate::controller {

// Decides each replica alone. A replica in a directory that is not online leaves the ISR and the
// leadership with the same change. If its directory is online, and the partition has no leader, the
// replica may lead again. A replica that is in the directory already gets no record. The only
// directory of a broker is stored as no directory (log_directories.h).
//
// Errors of the whole request, by precedence: STALE_BROKER_EPOCH, UNSUPPORTED_VERSION (the metadata
// version is below 3), POLICY_VIOLATION (the records do not fit in one entry). Errors of replicas,
// by precedence: INVALID_REQUEST (the id of the directory is malformed or reserved),
// UNKNOWN_TOPIC_ID, UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER (the broker is not a
// replica), INVALID_REQUEST (the request names the replica a second time).
Decision<broker::v1::AssignReplicasToDirsResponse> DecideAssignReplicasToDirs(
    const View& view, const broker::v1::AssignReplicasToDirsRequest& request,
    const Context& context);

// As for topics (topic_decisions.h).
std::optional<common::v1::Error> CheckSize(const broker::v1::AssignReplicasToDirsRequest& request,
                                           const RequestLimits& limits);
bool IsLarge(const broker::v1::AssignReplicasToDirsRequest& request,
             const metadata::MetadataImage& image);

}  // namespace quorate::controller
