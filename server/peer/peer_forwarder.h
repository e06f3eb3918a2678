// Forwards a client's request to another controller, and reports whether the request may have
// arrived if there is no answer.
#pragma once

#include "base/executor.h"
#include "server/node/forwarder.h"
#include "server/peer/peer_call_registry.h"
#include "server/peer/peer_directory.h"

namespace quorate::server {

class PeerForwarder final : public Forwarder {
 public:
  // All arguments must outlive the forwarder and its calls. `executor` is the loop that deletes
  // finished calls; any loop will do.
  PeerForwarder(Executor* executor, const Clock* clock, const PeerDirectory* directory,
                PeerCallRegistry* registry)
      : executor_(executor), clock_(clock), directory_(directory), registry_(registry) {}

  // Uses the connection of our append stream to `to`: its Hello proved which node answers there,
  // and a large request does not delay votes, which use another connection. If that stream is not
  // up, fails with maybe_sent = false, and `done` runs before Forward returns.
  void Forward(NodeId to, raft::v1::ForwardRequest request, MonoTime deadline,
               absl::AnyInvocable<void(ForwardResult) &&> done) override;

 private:
  Executor* const executor_;
  const Clock* const clock_;
  const PeerDirectory* const directory_;
  PeerCallRegistry* const registry_;
};

}  // namespace quorate::server
