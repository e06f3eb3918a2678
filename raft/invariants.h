// What must hold after every step of one core, in production too: cheap, and relative to the step
// before. What must hold between nodes is for tests to check
// (tests/sim/checks/invariants.h).
#pragma once

#include <optional>

#include "base/clock.h"
#include "raft/types.h"

namespace quorate::raft {

class RaftCore;

class Invariants {
 public:
  // CHECK-fails where one is broken. Costs a few comparisons for each peer.
  void Check(const RaftCore& core, MonoTime next_deadline);

 private:
  HardState hard_state_;
  std::optional<NodeId> leader_of_epoch_;
  LogIndex commit_index_;
  LogIndex snapshot_index_;
  LogIndex last_index_;
  bool was_leader_ = false;
};

}  // namespace quorate::raft
