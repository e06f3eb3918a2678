// Makes up to two dials before a registration is decided. Does the advertised endpoint answer as
// the new incarnation? Is the registered incarnation still there?
#pragma once

#include <optional>

#include "absl/functional/any_invocable.h"
#include "base/executor.h"
#include "controller/broker_prober.h"
#include "controller/broker_sessions.h"
#include "metadata/metadata_image.h"
#include "quorate/broker/v1/broker_service.pb.h"

namespace quorate::controller {

struct RegistrationProbes {
  // nullopt if the endpoint was not dialled.
  std::optional<ProbeResult> advertised;
  std::optional<ProbeResult> registered;
  // The incarnation that `registered` refers to.
  Uuid registered_incarnation;
};

// Starts the useful dials at the same time and calls `done` on the executor's loop when they have
// finished. Calls it at once if there is no useful dial: the endpoint does not parse, the
// incarnation is registered already, or the registered one has a stream. REQUIRES:
// CheckRegistration returned nullopt.
void ProbeForRegistration(const broker::v1::RegisterBrokerRequest& request,
                          const metadata::MetadataImage& image, const BrokerSessions& sessions,
                          BrokerProber* prober, Executor* executor,
                          absl::AnyInvocable<void(RegistrationProbes) &&> done);

}  // namespace quorate::controller
