// What a controller is connected to. The simulator and the tests connect it to other parts than a
// real process does.
#pragma once

#include "base/clock.h"
#include "base/executor.h"
#include "controller/broker_prober.h"
#include "controller/image_observer.h"
#include "controller/snapshot_source.h"
#include "controller/voter_poll.h"
#include "raft/api/replicated_log.h"

namespace quorate::controller {

// Everything must outlive the controller.
struct ControllerPorts {
  // The controller's loop.
  Executor* executor = nullptr;
  const Clock* clock = nullptr;
  raft::ReplicatedLog* log = nullptr;
  BrokerProber* prober = nullptr;

  // Each of the others may be null.

  // Executes work that would block the loop for milliseconds. It must not be `executor`, and may
  // stop before or after it. Null: the loop does such work.
  Executor* worker = nullptr;
  // Null: a controller that is cut off from the brokers asks no other voter.
  VoterPoll* voter_poll = nullptr;
  // Null: the log never begins with a snapshot.
  SnapshotSource* snapshots = nullptr;
  ImageObserver* image_observer = nullptr;
};

}  // namespace quorate::controller
