// The roles of a node. Each role holds only its own state, so that no role can use another's.
//
//               leader silent or dead             pre-vote won            vote won
//             ┌──────────┐  ────────────►  ┌─────────────┐  ──►  ┌───────────┐  ──►  ┌────────┐
//   start ──► │ Follower │                 │ Prospective │       │ Candidate │       │ Leader │
//             └──────────┘  ◄────────────  └─────────────┘  ◄──  └───────────┘       └────────┘
//                  ▲       pre-vote lost,             vote timed out    │               │
//                  │       leader found                                 │               │
//                  └─── vote lost, higher epoch, a leader of this epoch ┴───────────────┘
//                                           (or resigned: no quorum, no disk, stopping)
#pragma once

#include <map>
#include <optional>
#include <variant>

#include "base/clock.h"
#include "raft/core/event.h"
#include "raft/core/follower_progress.h"
#include "raft/core/read_rounds.h"
#include "raft/core/vote_tally.h"

namespace quorate::raft {

// Follows the leader of its epoch, or knows none (KRaft: unattached).
struct Follower {
  std::optional<NodeId> leader;
  // When it stands for election.
  MonoTime election_deadline;
  // The leader's own high watermark, from the first heartbeat of this session.
  std::optional<RecordOffset> ready_offset;
};

// Asks the voters whether they would vote for it. Changes nothing, not even its own epoch (Raft
// dissertation §9.6, KIP-996).
struct Prospective {
  VoteTally tally;
  MonoTime round_deadline;
};

// Has voted for itself in its epoch and asks for votes (Raft §5.2).
struct Candidate {
  VoteTally tally;
  // The write that makes its own vote durable. Until it is done, the vote does not count.
  WriteId vote_write = 0;
  // It stands on a TimeoutNow: voters with a live leader do not refuse it.
  bool transfer = false;
  MonoTime round_deadline;
};

// Replicates its log to the peers, commits, and confirms reads (Raft §5.3).
struct Leader {
  // Every other voter, and every observer whose append stream is up.
  std::map<ReplicaKey, FollowerProgress> peers;
  // The first entry of the epoch. Until it is committed, the leader confirms no read, claims
  // nothing and commits nothing.
  LogIndex barrier;
  RecordOffset barrier_end;
  MonoTime next_heartbeat;
  ReadRounds reads;
  bool claimed = false;
  // Used while its own disk is nearly full: the voter that it offered leadership to last, and when
  // it tries the next one.
  std::optional<ReplicaKey> offered_to;
  MonoTime next_offer;
};

using Role = std::variant<Follower, Prospective, Candidate, Leader>;

}  // namespace quorate::raft
