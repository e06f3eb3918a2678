// Decides about the log directories of brokers (KIP-858): to whom they belong, and what follows
// when some of them fail.
//
// A replica is in the directory that it is assigned to, and can only lead or be in an ISR while
// that directory is online. A replica that is not assigned to a directory is online with its
// broker. If its broker has one directory, the replica is in that one. New replicas are therefore
// not assigned, and the partitions of brokers with one directory take no more memory than
// partitions without directories.
#pragma once

#include <optional>
#include <vector>

#include "base/uuid.h"
#include "controller/decide/decision.h"
#include "controller/decide/leaders/leader_election.h"
#include "metadata/metadata_image.h"
#include "quorate/broker/v1/broker_service.pb.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::controller {

// Returns INVALID_REGISTRATION if another registered broker has one of the directories of this
// registration. Takes time proportional to the number of brokers.
std::optional<common::v1::Error> CheckOwnDirectories(
    const metadata::MetadataImage& image, const metadata::BrokerRegistration& registration);

// Returns where the unassigned replicas of the broker have been, if that can no longer be told once
// it has the details `next`. nullopt below metadata version 3.
std::optional<FormerDirectory> FormerDirectoryOf(const metadata::MetadataImage& image,
                                                 const metadata::BrokerRegistration& registration,
                                                 const metadata::BrokerDetails& next);

// Returns INVALID_REQUEST if the heartbeat names too many failed directories or one that is not an
// id.
std::optional<common::v1::Error> CheckOfflineDirectories(
    const broker::v1::HeartbeatRequest& request);

// Returns the failed directories that the heartbeat names, ascending. REQUIRES:
// CheckOfflineDirectories returned nullopt.
std::vector<Uuid> FailedDirectoriesOf(const broker::v1::HeartbeatRequest& request);

// Returns whether the heartbeat names all directories that the registration says are online. The
// broker can then do nothing, and is fenced instead. False below metadata version 3.
bool HaveAllFailed(const metadata::MetadataImage& image, const metadata::BrokerRegistration& broker,
                   const broker::v1::HeartbeatRequest& request);

// What takes directories offline. It may take several parts (Decision::again).
struct OfflineDecision {
  metadata::v1::RecordBatch records;
  std::string cause;
  SettlementCounts settled;
  bool again = false;
};

// Takes offline those of the broker's directories that the heartbeat names: the replicas that are
// assigned to them leave ISRs and leaderships as if the broker were fenced, and the last part
// changes the registration. Returns nullopt if there is nothing to change, if all directories have
// failed, and below metadata version 3. REQUIRES: as for DecideHeartbeat.
std::optional<OfflineDecision> DecideOfflineDirectories(const View& view,
                                                        const metadata::BrokerRegistration& broker,
                                                        const broker::v1::HeartbeatRequest& request,
                                                        const Context& context);

}  // namespace quorate::controller
