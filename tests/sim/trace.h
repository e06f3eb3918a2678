// A run as lines for people: who was told what, what it did, and what went wrong around it.
#pragma once

#include <ostream>
#include <string>

#include "raft/effect.h"
#include "raft/event.h"
#include "tests/sim/scheduler.h"

namespace quorate::sim {

class Trace {
 public:
  // Null: nobody reads it, and nothing is written. Both outlive the trace.
  Trace(const Scheduler* scheduler, std::ostream* out) : scheduler_(*scheduler), out_(out) {}

  bool enabled() const { return out_ != nullptr; }

  // One line; `text` begins with who it is about.
  void Line(const std::string& text);
  void OnEvent(NodeId id, const raft::Event& event);
  void OnEffect(NodeId id, const raft::Effect& effect);

 private:
  const Scheduler& scheduler_;
  std::ostream* const out_;
};

}  // namespace quorate::sim
