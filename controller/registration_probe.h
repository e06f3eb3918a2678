// The two dials before a registration is decided: does the advertised endpoint answer as the new
// incarnation, and is the one that is registered still there?
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
  // Nothing: not dialled.
  std::optional<ProbeResult> advertised;
  std::optional<ProbeResult> registered;
  // Whom `registered` is about.
  Uuid registered_incarnation;
};

// Dials what is worth dialling, at the same time, and calls `done` on the executor's loop; at once
// if there is nothing to dial (an endpoint that does not parse, an incarnation that is registered,
// another one that has a stream). REQUIRES: CheckRegistration found nothing.
void ProbeForRegistration(const broker::v1::RegisterBrokerRequest& request,
                          const metadata::MetadataImage& image, const BrokerSessions& sessions,
                          BrokerProber* prober, Executor* executor,
                          absl::AnyInvocable<void(RegistrationProbes) &&> done);

}  // namespace quorate::controller
