// The port through which the controller finds out whether a broker's process is still there.
#pragma once

#include "absl/functional/any_invocable.h"
#include "base/ids.h"
#include "metadata/metadata_image.h"

namespace quorate::controller {

enum class ProbeResult {
  kSameIncarnation,   // the endpoint answered as the incarnation asked for
  kOtherIncarnation,  // something else answered there, as another incarnation of the broker or not
  kRefused,           // nothing listens there: with a broken stream, proof of death
  kNoAnswer,          // no route, no name, or silence: proof of nothing
};

// Thread-safe; never blocks.
class BrokerProber {
 public:
  virtual ~BrokerProber() = default;

  // Dials (BrokerViewService.GetIdentity), a second to connect and one to answer at most, after a
  // wait where many are probed at once. What one answer proves is the caller's to judge.
  // `done` may run on any thread.
  virtual void Probe(const metadata::Endpoint& endpoint, BrokerId broker, const Uuid& incarnation,
                     absl::AnyInvocable<void(ProbeResult) &&> done) = 0;
};

}  // namespace quorate::controller
