// A port through which checks and traces see every step of a core. It is not part of what a node
// does: a node in production has none.
#pragma once

#include "base/clock.h"
#include "raft/core/event.h"
#include "raft/core/raft_core.h"

namespace quorate::raft {

// Called on the thread that steps the core. It must neither change nor keep what it is shown.
// core.options().self says whose core it is.
class StepObserver {
 public:
  virtual ~StepObserver() = default;

  // Called before the step. event::Start means that a process begins, with what its disk holds.
  virtual void OnEvent(const RaftCore& core, MonoTime now, const Event& event) = 0;
  // Called after the step, before the first of its effects is executed.
  virtual void OnStep(const RaftCore& core, MonoTime now, const StepResult& result) = 0;
};

}  // namespace quorate::raft
