// The facts about a core after a step that the checks use. They are plain values, so that tests of
// the checks can falsify them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "raft/core/raft_core.h"
#include "tests/sim/checks/log_mirror.h"

namespace quorate::sim {

// The leader's view of one peer (raft/core/follower_progress.h).
struct PeerFacts {
  raft::ReplicaKey key;
  // False for an observer, whose acknowledgements do not count.
  bool is_voter = true;
  LogIndex match_index;
  LogIndex next_index;
  size_t inflight_messages = 0;
  size_t inflight_bytes = 0;
  // The recomputed sum of the bytes in flight.
  size_t recounted_bytes = 0;
  MonoTime live_at;

  NodeId id() const { return key.node_id; }
};

enum class RoleKind { kFollower, kProspective, kCandidate, kLeader };

struct NodeFacts {
  raft::HardState hard_state;
  RoleKind role = RoleKind::kFollower;
  std::optional<NodeId> leader_of_epoch;
  LogIndex first_index{1};
  LogIndex last_index;
  LogIndex durable_index;
  LogIndex commit_index;
  // The mark of the last entry.
  EntryMark last;
  LogIndex voters_index;
  // The current voter set. Valid until the next step.
  const raft::VoterSet* voters = nullptr;
  size_t uncommitted_bytes = 0;
  // The other voters and the observers, on a leader.
  std::vector<PeerFacts> peers;
  LogIndex barrier;
  // The newest round of reads that a leader has begun. No peer need be in contact to receive it.
  int64_t read_sequence = 0;
  // The time at which the core requests to be woken. kNever if it has stopped.
  MonoTime deadline;
  bool stopped = false;

  Epoch epoch() const { return hard_state.epoch; }
  bool leads() const { return role == RoleKind::kLeader; }
};

// Writes the facts about a core to `facts`, and reuses its memory.
void Observe(const raft::RaftCore& core, MonoTime deadline, NodeFacts& facts);

}  // namespace quorate::sim
