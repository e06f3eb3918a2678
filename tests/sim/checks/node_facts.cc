#include "tests/sim/checks/node_facts.h"

namespace quorate::sim {

void Observe(const raft::RaftCore& core, MonoTime deadline, NodeFacts& facts) {
  const raft::LogView& log = core.log();
  facts.hard_state = core.hard_state();
  facts.role = static_cast<RoleKind>(core.role().index());
  facts.leader_of_epoch = core.leader_of_epoch();
  facts.first_index = log.first_index();
  facts.last_index = log.last_index();
  facts.durable_index = log.durable_index();
  facts.commit_index = log.commit_index();
  facts.last = {.epoch = log.last_epoch(), .checksum = log.end().checksum};
  facts.voters_index = log.voters_index();
  facts.voters = &log.voters();
  facts.uncommitted_bytes = log.uncommitted_bytes();
  facts.deadline = deadline;
  facts.stopped = core.stopped();

  facts.peers.clear();
  const auto* leader = std::get_if<raft::Leader>(&core.role());
  if (leader == nullptr) return;
  facts.barrier = leader->barrier;
  facts.read_sequence = leader->reads.sequence();
  for (const auto& [key, progress] : leader->peers) {
    facts.peers.push_back({.key = key,
                           .is_voter = log.voters().Contains(key),
                           .match_index = progress.match_index(),
                           .next_index = progress.next_index(),
                           .inflight_messages = progress.inflight_messages(),
                           .inflight_bytes = progress.inflight_bytes(),
                           .recounted_bytes = progress.RecountInflightBytes(),
                           .live_at = progress.live_at()});
  }
}

}  // namespace quorate::sim
