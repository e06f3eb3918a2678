// The port through which the controller finds out whether a broker's process still runs.
#pragma once

#include "absl/functional/any_invocable.h"
#include "base/ids.h"
#include "metadata/metadata_image.h"

namespace quorate::controller {

enum class ProbeResult {
  kSameIncarnation,   // the expected incarnation answered at the endpoint
  kOtherIncarnation,  // something else answered: another incarnation, broker or program
  kRefused,           // no process listens there: with a broken stream, this proves the death
  kNoAnswer,          // no route, no such host, or silence: this proves nothing
};

// Thread-safe. Never blocks.
class BrokerProber {
 public:
  virtual ~BrokerProber() = default;

  // Dials the endpoint and calls BrokerViewService.GetIdentity. Connecting and answering may take
  // one second each. If many probes are pending, the dial waits for its turn first. The caller
  // decides what the result proves. `done` may run on any thread.
  virtual void Probe(const metadata::Endpoint& endpoint, BrokerId broker, const Uuid& incarnation,
                     absl::AnyInvocable<void(ProbeResult) &&> done) = 0;
};

}  // namespace quorate::controller
