// Derives the metrics of a node from the steps of its core. It is separate from the core, which
// stays a function of its inputs, and from the driver, which only executes effects.
#pragma once

#include <deque>
#include <optional>

#include "base/clock.h"
#include "raft/api/raft_metrics.h"
#include "raft/core/raft_core.h"
#include "raft/node/step_observer.h"

namespace quorate::raft {

// Observes all steps of one core, from the first on.
class RaftMeter final : public StepObserver {
 public:
  const RaftMetrics& metrics() const { return metrics_; }

  // StepObserver
  void OnEvent(const RaftCore& core, MonoTime now, const Event& event) override;
  void OnStep(const RaftCore& core, MonoTime now, const StepResult& result) override;

 private:
  // Entries that one step of this leader appended and that are not committed.
  struct Uncommitted {
    LogIndex last_index;
    MonoTime appended_at;
  };

  void CountEffects(const RaftCore& core, MonoTime now, const StepResult& result);
  void CountElection(const RaftCore& core, MonoTime now);
  void CountCommits(const RaftCore& core, MonoTime now);
  LeadershipEnd EndOf(const RaftCore& core) const;

  RaftMetrics metrics_;
  // Before the current step.
  bool was_leader_ = false;
  Epoch epoch_before_;
  bool is_shutdown_ = false;
  // Whether the node has known a leader since it started.
  bool has_known_leader_ = false;
  // When the node stood first in the current election; nullopt if there is none.
  std::optional<MonoTime> stood_at_;
  // This leader has ordered another voter to take over.
  bool is_handing_over_ = false;
  // Ascending. Empty if this node does not lead.
  std::deque<Uncommitted> uncommitted_;
};

}  // namespace quorate::raft
