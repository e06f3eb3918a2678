// Collects the metrics of a controller process from all its parts.
#pragma once

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "controller/quorum_controller.h"
#include "raft/api/replicated_log.h"
#include "server/program/controller_loops.h"
#include "server/program/controller_tls.h"

namespace quorate::server {

class ControllerMetrics {
 public:
  // All arguments must outlive the object and its collections.
  ControllerMetrics(ControllerLoops* loops, const Clock* clock, const ControllerTls* tls,
                    raft::ReplicatedLog* log, controller::QuorumController* controller)
      : loops_(loops), clock_(clock), tls_(tls), log_(log), controller_(controller) {}

  // Calls `done` with the page for Prometheus, on the loop `query`. Thread-safe. A part that does
  // not answer within a second is omitted.
  void Collect(absl::AnyInvocable<void(std::string page) &&> done);

 private:
  // One page that is being collected. Used on the loop `query` only.
  struct Collection;

  // Renders the page if all parts have answered, or if it is `late`.
  void FinishIfComplete(Collection& collection, bool late);

  ControllerLoops* const loops_;
  const Clock* const clock_;
  const ControllerTls* const tls_;
  raft::ReplicatedLog* const log_;
  controller::QuorumController* const controller_;
};

}  // namespace quorate::server
