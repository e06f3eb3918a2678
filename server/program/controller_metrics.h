// Collects the metrics of a controller process from all its parts.
#pragma once

#include <string>

#include "base/clock.h"
#include "controller/quorum_controller.h"
#include "raft/api/replicated_log.h"
#include "server/program/controller_loops.h"

namespace quorate::server {

class ControllerMetrics {
 public:
  // All arguments must outlive the object.
  ControllerMetrics(const ControllerLoops* loops, const Clock* clock, raft::ReplicatedLog* log,
                    controller::QuorumController* controller)
      : loops_(loops), clock_(clock), log_(log), controller_(controller) {}

  // Returns the page for Prometheus. Any thread except the loops may call it. Waits up to a second
  // for each loop that it asks; the metrics of a loop that does not answer are omitted.
  std::string Render() const;

 private:
  const ControllerLoops* const loops_;
  const Clock* const clock_;
  raft::ReplicatedLog* const log_;
  controller::QuorumController* const controller_;
};

}  // namespace quorate::server
