#include "raft/core/invariants.h"

#include "base/check.h"
#include "raft/core/raft_core.h"

namespace quorate::raft {

void Invariants::Check(const RaftCore& core, MonoTime next_deadline) {
  const HardState& hard_state = core.hard_state();
  const LogView& log = core.log();
  const auto* leader = std::get_if<Leader>(&core.role());

  // Epochs only grow. Within an epoch, a vote that was granted and a leader that is known never
  // change.
  CHECK_GE(hard_state.epoch, hard_state_.epoch);
  if (hard_state.epoch == hard_state_.epoch) {
    if (hard_state_.vote) CHECK(hard_state.vote == hard_state_.vote) << "the vote changed";
    if (leader_of_epoch_) CHECK(core.leader_of_epoch() == leader_of_epoch_) << "two leaders";
  }
  CHECK_GE(hard_state.epoch, log.last_epoch());

  // What is committed stays committed.
  CHECK_GE(log.commit_index(), commit_index_);
  CHECK_LE(log.commit_index(), log.last_index());
  CHECK_LE(log.durable_index(), log.last_index());

  // What the log has dropped is in a snapshot. Snapshots are replaced only by newer ones.
  const LogIndex snapshot_index = core.snapshot() ? core.snapshot()->last_index : LogIndex(0);
  CHECK_GE(snapshot_index, snapshot_index_);
  CHECK_GE(snapshot_index, log.first_index() - 1);
  CHECK_LE(snapshot_index, log.commit_index());

  if (leader != nullptr) {
    // Leader append-only (Raft §5.3).
    if (was_leader_ && hard_state.epoch == hard_state_.epoch) {
      CHECK_GE(log.last_index(), last_index_);
    }
    CHECK(hard_state.vote == core.options().self) << "leads without its own vote";
    CHECK(core.leader_of_epoch() == core.options().self.node_id);
    for (const auto& [id, progress] : leader->peers) {
      CHECK_LT(progress.match_index(), progress.next_index());
      CHECK_LE(progress.match_index(), log.last_index());
    }
  }
  // A node always has a next deadline.
  CHECK(next_deadline < kNever);

  hard_state_ = hard_state;
  leader_of_epoch_ = core.leader_of_epoch();
  commit_index_ = log.commit_index();
  snapshot_index_ = snapshot_index;
  last_index_ = log.last_index();
  was_leader_ = leader != nullptr;
}

}  // namespace quorate::raft
