// Writes a run as readable lines: the inputs of each controller, its outputs, and the injected
// faults.
#pragma once

#include <ostream>
#include <string>

#include "raft/core/effect.h"
#include "raft/core/event.h"
#include "tests/sim/scheduler.h"

namespace quorate::sim {

class Trace {
 public:
  // If `out` is null, nothing is written. Both outlive the trace.
  Trace(const Scheduler* scheduler, std::ostream* out) : scheduler_(*scheduler), out_(out) {}

  bool enabled() const { return out_ != nullptr; }

  // Writes one line. `text` begins with the node that it is about.
  void Line(const std::string& text);
  void OnEvent(NodeId id, const raft::Event& event);
  void OnEffect(NodeId id, const raft::Effect& effect);

 private:
  const Scheduler& scheduler_;
  std::ostream* const out_;
};

}  // namespace quorate::sim
