// The life of a broker's registration: registered (fenced) -> unfenced -> in controlled shutdown ->
// fenced, and fenced at any time when its session ends (kraft.md: registerBroker, brokerHeartbeat).
// Whether a session lives is soft state (broker_sessions.h); what these functions need of it comes
// with the request.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <variant>

#include "controller/decision.h"
#include "quorate/broker/v1/broker_service.pb.h"

namespace quorate::controller {

// What is known of a broker that wants to register, beyond its request.
struct RegistrationEvidence {
  // The advertised endpoint answered as this incarnation when it was dialled.
  bool endpoint_verified = false;
  // The incarnation that is registered is proved dead, or its session is over.
  bool registered_one_is_gone = false;
  // Otherwise: when its session ends, unless it is heard of again.
  int64_t session_ends_in_ms = 0;
};

// Registers the broker fenced; its epoch is the offset of the record. The same incarnation again
// changes nothing and keeps its epoch. A new one takes the old one out of its ISRs and leaderships
// first, in the same batch. Errors, by precedence: INCONSISTENT_CLUSTER_ID, INVALID_REGISTRATION,
// DUPLICATE_BROKER_REGISTRATION (the registered incarnation is unfenced and not gone).
Decision<broker::v1::RegisterBrokerResponse> DecideRegisterBroker(
    const View& view, const broker::v1::RegisterBrokerRequest& request,
    const RegistrationEvidence& evidence, const std::string& cluster_id, const Context& context);

// STALE_BROKER_EPOCH unless the broker is registered with this epoch.
std::optional<common::v1::Error> CheckBrokerEpoch(const metadata::MetadataImage& image,
                                                  BrokerId broker, int64_t broker_epoch);

// BROKER_ID_NOT_REGISTERED, or STALE_BROKER_EPOCH (of another registration), or nothing.
std::optional<common::v1::Error> CheckHeartbeat(const metadata::MetadataImage& image,
                                                const broker::v1::HeartbeatRequest& request);

// What a heartbeat changes: unfences who has replayed past its own registration, fences who asks
// for it, begins a controlled shutdown (the broker leaves its ISRs and leaderships) and ends it
// once the broker leads nothing and `others_know` (every active broker has replayed what moved its
// leaders). The caller sets `controller_epoch`. Where the decision says `again`, the answer is what
// holds meanwhile, and the caller decides the rest with `goes_on`. REQUIRES: CheckHeartbeat found
// nothing.
Decision<broker::v1::HeartbeatResponse> DecideHeartbeat(const View& view,
                                                        const broker::v1::HeartbeatRequest& request,
                                                        bool others_know, const Context& context,
                                                        bool goes_on = false);

// The answer to a heartbeat that may change nothing at the moment.
broker::v1::HeartbeatResponse UnchangedAnswer(const metadata::BrokerRegistration& registration,
                                              const broker::v1::HeartbeatRequest& request);

// Fences `brokers`, all of them with the last batch if there are several (`again`).
// REQUIRES: they are registered.
Decision<std::monostate> DecideFence(const View& view, std::span<const BrokerId> brokers,
                                     const std::string& why, const Context& context);

}  // namespace quorate::controller
