// What the checks look at of a core after a step: plain values, so that a test of the checks can
// make them wrong by hand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "raft/raft_core.h"
#include "tests/sim/checks/log_mirror.h"

namespace quorate::sim {

// The leader's view of one peer (raft/follower_progress.h).
struct PeerFacts {
  raft::ReplicaKey key;
  // If not, an observer, whose word counts for nothing.
  bool is_voter = true;
  LogIndex match_index;
  LogIndex next_index;
  size_t inflight_messages = 0;
  size_t inflight_bytes = 0;
  // As the sum of what is in flight says.
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
  // The last entry's.
  EntryMark last;
  LogIndex voters_index;
  // The set that governs; valid until the next step.
  const raft::VoterSet* voters = nullptr;
  size_t uncommitted_bytes = 0;
  // A leader's: the other voters, and observers.
  std::vector<PeerFacts> peers;
  LogIndex barrier;
  // When the core wants to be woken; kNever: it has stopped.
  MonoTime deadline;
  bool stopped = false;

  Epoch epoch() const { return hard_state.epoch; }
  bool leads() const { return role == RoleKind::kLeader; }
};

// Into `facts`, whose memory is used again.
void Observe(const raft::RaftCore& core, MonoTime deadline, NodeFacts& facts);

}  // namespace quorate::sim
