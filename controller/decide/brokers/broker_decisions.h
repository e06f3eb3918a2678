// Decides how a broker's registration changes: registered (fenced) -> unfenced -> in controlled
// shutdown -> fenced. It is also fenced at any time when its session ends. The rules are those of
// Kafka's ClusterControlManager and BrokerHeartbeatManager.
//
// Whether a session is alive is soft state (broker_sessions.h). The caller passes what these
// functions need to know of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "controller/decide/decision.h"
#include "quorate/broker/v1/broker_service.pb.h"

namespace quorate::controller {

// Returns whether the broker is idle: it is fenced and holds no replica. It may never have run.
inline bool IsIdle(const metadata::BrokerRegistration& broker, const PartitionTally::Load& load) {
  return broker.fenced && load.replicas == 0;
}

// Limits the number of idle brokers, because any process may register: a new broker id is refused
// above this limit. Idle brokers are dropped only after a while (unregister_broker.h), and never at
// metadata version 1.
inline constexpr int64_t kMaxIdleBrokers = 1'000;

// What the controller knows about a registering broker besides its request.
struct RegistrationEvidence {
  // The advertised endpoint was dialled and answered as this incarnation.
  bool endpoint_verified = false;
  // The registered incarnation is proved dead, or its session has ended.
  bool registered_one_is_gone = false;
  // If it is not gone: the time until its session ends unless the broker sends another heartbeat.
  int64_t session_ends_in_ms = 0;
};

// Registers the broker as fenced. Its broker epoch is the offset of the record. A repeated request
// of the same incarnation changes nothing and keeps the epoch, even if it names another endpoint or
// other details. A new incarnation first takes the old one out of its ISRs and leaderships, in the
// same batch. Unless the old one stopped cleanly (previous_broker_epoch), its replicas are no
// longer eligible leaders (KIP-966) either. If the old one had one log directory and the new one
// has others, the replicas that stay in ISRs without a leader are assigned to the old directory:
// its broker may have lost their records with it. The listeners, features and log directories are
// stored if the metadata version allows it. A later upgrade of the version does not add them: the
// next registration does.
//
// Errors, by precedence: INCONSISTENT_CLUSTER_ID, INVALID_REGISTRATION, UNSUPPORTED_VERSION (the
// broker does not support the log's metadata version or the level of another feature),
// INVALID_REGISTRATION (another broker has one of its log directories),
// DUPLICATE_BROKER_REGISTRATION (the registered incarnation is unfenced and not gone),
// RESOURCE_EXHAUSTED (the id is new, and kMaxIdleBrokers brokers are idle).
Decision<broker::v1::RegisterBrokerResponse> DecideRegisterBroker(
    const View& view, const broker::v1::RegisterBrokerRequest& request,
    const RegistrationEvidence& evidence, const std::string& cluster_id, const Context& context);

// Returns STALE_BROKER_EPOCH unless the broker is registered with this epoch.
std::optional<common::v1::Error> CheckBrokerEpoch(const metadata::MetadataImage& image,
                                                  BrokerId broker, int64_t broker_epoch);

// Returns BROKER_ID_NOT_REGISTERED, STALE_BROKER_EPOCH (the heartbeat belongs to another
// registration), INVALID_REQUEST (its log directories), or nullopt.
std::optional<common::v1::Error> CheckHeartbeat(const metadata::MetadataImage& image,
                                                const broker::v1::HeartbeatRequest& request);

// Decides what a heartbeat changes:
//
// - It takes log directories offline (log_directories.h). The other changes then wait for the
//   next heartbeat.
// - It unfences a broker that has replayed the log past its own registration.
// - It fences a broker that asks for it, whose log directories have all failed, or that wants to
//   stop and holds no replica.
// - It ends a controlled shutdown once the broker leads nothing and `others_know`: every active
//   broker has replayed the records that moved its leaders. DecideDepartures begins a controlled
//   shutdown.
//
// The caller sets `controller_epoch` in the answer. If the decision says `again`, its answer
// describes the state before the rest of the change. REQUIRES: CheckHeartbeat returned nullopt.
Decision<broker::v1::HeartbeatResponse> DecideHeartbeat(const View& view,
                                                        const broker::v1::HeartbeatRequest& request,
                                                        bool others_know, const Context& context);

// Returns the answer to a heartbeat that may change nothing at the moment.
broker::v1::HeartbeatResponse UnchangedAnswer(const metadata::BrokerRegistration& registration,
                                              const broker::v1::HeartbeatRequest& request);

// Brokers that leave in one batch. They are registered, and no broker is in both lists.
struct Departures {
  std::vector<BrokerId> dead;
  // Why those brokers are considered dead, for the log.
  std::string why;
  std::vector<BrokerId> stopping;
  // An earlier batch of this change has moved a part of the partitions. A broker that leads nothing
  // now may therefore have led partitions when the change began.
  bool goes_on = false;
};

// Takes all these brokers out of their ISRs and leaderships at once. None of them becomes leader in
// place of another, and an ISR that would become empty keeps all its members. Their registrations
// change in the last batch if there are several (`again`). The dead brokers are fenced. Of the
// stopping brokers, those that lead nothing are fenced, and the others begin a controlled shutdown.
Decision<std::monostate> DecideDepartures(const View& view, const Departures& departures,
                                          const Context& context);

// Returns whether the last batch of these departures fences `stopping`, one of the stopping
// brokers.
bool IsFencedAtOnce(const View& view, const Departures& departures, BrokerId stopping);

}  // namespace quorate::controller
