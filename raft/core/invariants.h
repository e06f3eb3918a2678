// Checks what must hold after every step of one core, in production too. The checks are cheap and
// compare a step with the one before. What must hold between nodes is checked by tests
// (tests/sim/checks/invariants.h).
#pragma once

#include <optional>

#include "base/clock.h"
#include "raft/api/types.h"

namespace quorate::raft {

class RaftCore;

// Remembers the state after the previous step of one core. Not thread-safe.
class Invariants {
 public:
  // CHECK-fails if an invariant is broken. Costs a few comparisons for each peer.
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
