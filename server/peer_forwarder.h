// Sends a client's request on to another controller, and knows whether it can have arrived.
#pragma once

#include "base/executor.h"
#include "server/forwarder.h"
#include "server/peer_call_registry.h"
#include "server/peer_directory.h"

namespace quorate::server {

class PeerForwarder final : public Forwarder {
 public:
  // All must outlive the forwarder and its calls. `executor` is any loop that may clean up.
  PeerForwarder(Executor* executor, const Clock* clock, const PeerDirectory* directory,
                PeerCallRegistry* registry)
      : executor_(executor), clock_(clock), directory_(directory), registry_(registry) {}

  // Uses the connection of our append stream to `to`: that stream's Hello proved who answers there,
  // and votes never wait behind a large request. Fails at once, not sent, where it is not up; then
  // `done` runs before Forward returns.
  void Forward(NodeId to, raft::v1::ForwardRequest request, MonoTime deadline,
               absl::AnyInvocable<void(ForwardResult) &&> done) override;

 private:
  Executor* const executor_;
  const Clock* const clock_;
  const PeerDirectory* const directory_;
  PeerCallRegistry* const registry_;
};

}  // namespace quorate::server
