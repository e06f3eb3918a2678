// The life of a broker's registration: registered (fenced) -> unfenced -> in controlled shutdown ->
// fenced, and fenced at any time when its session ends (kraft.md: registerBroker, brokerHeartbeat).
// Whether a session lives is soft state (broker_sessions.h); what these functions need of it comes
// with the request.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "controller/decision.h"
#include "quorate/broker/v1/broker_service.pb.h"

namespace quorate::controller {

// Registrations are never dropped, and anybody may register. So no new broker may register while so
// many are idle: fenced, and without a replica. Brokers that take part do not count, however many
// they are.
inline constexpr int64_t kMaxIdleBrokers = 1'000;

// What is known of a broker that wants to register, beyond its request.
struct RegistrationEvidence {
  // The advertised endpoint answered as this incarnation when it was dialled.
  bool endpoint_verified = false;
  // The incarnation that is registered is proved dead, or its session is over.
  bool registered_one_is_gone = false;
  // Otherwise: when its session ends, unless it is heard of again.
  int64_t session_ends_in_ms = 0;
};

// INCONSISTENT_CLUSTER_ID, INVALID_REGISTRATION, or nothing: what the request alone tells. A
// request that it refuses must cause no dial.
std::optional<common::v1::Error> CheckRegistration(const broker::v1::RegisterBrokerRequest& request,
                                                   const std::string& cluster_id);

// Registers the broker fenced; its epoch is the offset of the record. The same incarnation again
// changes nothing and keeps its epoch. A new one takes the old one out of its ISRs and leaderships
// first, in the same batch. Errors, by precedence: INCONSISTENT_CLUSTER_ID, INVALID_REGISTRATION,
// DUPLICATE_BROKER_REGISTRATION (the registered incarnation is unfenced and not gone),
// RESOURCE_EXHAUSTED (the id is new, and kMaxIdleBrokers are idle).
Decision<broker::v1::RegisterBrokerResponse> DecideRegisterBroker(
    const View& view, const broker::v1::RegisterBrokerRequest& request,
    const RegistrationEvidence& evidence, const std::string& cluster_id, const Context& context);

// STALE_BROKER_EPOCH unless the broker is registered with this epoch.
std::optional<common::v1::Error> CheckBrokerEpoch(const metadata::MetadataImage& image,
                                                  BrokerId broker, int64_t broker_epoch);

// BROKER_ID_NOT_REGISTERED, or STALE_BROKER_EPOCH (of another registration), or nothing.
std::optional<common::v1::Error> CheckHeartbeat(const metadata::MetadataImage& image,
                                                const broker::v1::HeartbeatRequest& request);

// What a heartbeat changes: unfences a broker that has replayed past its own registration, fences
// one that asks for it or that wants to stop and holds no replica, and ends a controlled shutdown
// once the broker leads nothing and `others_know` (every active broker has replayed what moved its
// leaders). A controlled shutdown begins with DecideDepartures. The caller sets `controller_epoch`.
// Where the decision says `again`, the answer is what holds meanwhile. REQUIRES: CheckHeartbeat
// found nothing.
Decision<broker::v1::HeartbeatResponse> DecideHeartbeat(const View& view,
                                                        const broker::v1::HeartbeatRequest& request,
                                                        bool others_know, const Context& context);

// The answer to a heartbeat that may change nothing at the moment.
broker::v1::HeartbeatResponse UnchangedAnswer(const metadata::BrokerRegistration& registration,
                                              const broker::v1::HeartbeatRequest& request);

// Brokers that leave together. They are registered, and no broker is in both lists.
struct Departures {
  std::vector<BrokerId> dead;
  // Why those are taken for dead, for the log.
  std::string why;
  std::vector<BrokerId> stopping;
  // An earlier batch has moved a part: that a broker leads nothing now says nothing.
  bool goes_on = false;
};

// Takes them all out of their ISRs and leaderships, so that none inherits from another and an ISR
// of which nobody stays keeps all its members. Changes their registrations with the last batch if
// there are several (`again`): fences the dead; of those that stop it fences the ones that lead
// nothing, and begins the controlled shutdown of the others.
Decision<std::monostate> DecideDepartures(const View& view, const Departures& departures,
                                          const Context& context);

}  // namespace quorate::controller
