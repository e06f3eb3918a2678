// A port through which checks and traces see every step of a core. No part of what a node does: a
// node in production has none.
#pragma once

#include "base/clock.h"
#include "raft/event.h"
#include "raft/raft_core.h"

namespace quorate::raft {

// Called where the core is stepped. Must neither change nor keep what it is shown; whose core it is
// says core.options().self.
class StepObserver {
 public:
  virtual ~StepObserver() = default;

  // Before the step. event::Start: a process begins, with what its disk holds.
  virtual void OnEvent(const RaftCore& core, MonoTime now, const Event& event) = 0;
  // After it, before the first of its effects is executed.
  virtual void OnStep(const RaftCore& core, MonoTime now, const StepResult& result) = 0;
};

}  // namespace quorate::raft
