#include "controller/registration_probe.h"

#include <utility>

#include "base/host_port.h"

namespace quorate::controller {
namespace {

// Collects the answers for one registration. Used on the loop only.
struct Collector {
  RegistrationProbes probes;
  int outstanding = 0;
  absl::AnyInvocable<void(RegistrationProbes) &&> done;

  void Finish() {
    if (outstanding == 0) std::move(done)(probes);
  }
};

}  // namespace

void ProbeForRegistration(const broker::v1::RegisterBrokerRequest& request,
                          const metadata::MetadataImage& image, const BrokerSessions& sessions,
                          BrokerProber* prober, Executor* executor,
                          absl::AnyInvocable<void(RegistrationProbes) &&> done) {
  auto collector = std::make_shared<Collector>();
  collector->done = std::move(done);
  const auto dial = [&](const metadata::Endpoint& endpoint, BrokerId broker,
                        const Uuid& incarnation,
                        std::optional<ProbeResult> RegistrationProbes::*result) {
    ++collector->outstanding;
    prober->Probe(endpoint, broker, incarnation, [collector, executor, result](ProbeResult answer) {
      executor->Post([collector, result, answer] {
        collector->probes.*result = answer;
        --collector->outstanding;
        collector->Finish();
      });
    });
  };

  const BrokerId id(request.broker_id());
  const auto endpoint = ParseAdvertised(request.advertised_endpoint());
  const auto incarnation = Uuid::FromBytes(request.incarnation_id());
  const metadata::BrokerRegistration* registered = image.FindBroker(id);
  const bool is_new = registered == nullptr || registered->incarnation_id != incarnation;
  const bool is_held = registered != nullptr && !registered->fenced;
  // A registration that is refused because of a living process must not cause a dial.
  const bool is_alive = is_held && sessions.IsConnected(id);
  if (endpoint.ok() && incarnation && is_new && !is_alive) {
    dial({.host = endpoint->host, .port = endpoint->port}, id, *incarnation,
         &RegistrationProbes::advertised);
    if (is_held && sessions.IsWorthProbing(*registered)) {
      collector->probes.registered_incarnation = registered->incarnation_id;
      dial(registered->endpoint, id, registered->incarnation_id, &RegistrationProbes::registered);
    }
  }
  collector->Finish();
}

}  // namespace quorate::controller
