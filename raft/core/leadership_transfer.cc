#include "raft/core/leadership_transfer.h"

namespace quorate::raft {

void LeadershipTransfer::OnPauseConfirmed(Epoch epoch) {
  if (epoch == epoch_) pause_confirmed_ = true;
}

LeadershipTransfer::Action LeadershipTransfer::Next(const Target& target) const {
  if (phase_ != Phase::kPausing) return Action::kWait;
  // A proposal from before the pause may have removed the target.
  if (!target.is_voter) return Action::kAbandon;
  if (!pause_confirmed_ || !target.in_contact || !target.has_whole_log) return Action::kWait;
  return Action::kOrderTarget;
}

void LeadershipTransfer::OnOrdered(MonoTime deadline) {
  phase_ = Phase::kOrdered;
  deadline_ = deadline;
}

}  // namespace quorate::raft
