// What a node is at the moment. Each role holds only its own state, so that none can use another's.
//
//               leader silent or dead           a majority would        a majority did,
//             ┌──────────┐  ────────────►  ┌─────────────┐  ──►  ┌───────────┐  ──►  ┌────────┐
//   start ──► │ Follower │                 │ Prospective │       │ Candidate │       │ Leader │
//             └──────────┘  ◄────────────  └─────────────┘  ◄──  └───────────┘       └────────┘
//                  ▲           round lost,               round given up │               │
//                  │           leader heard                             │               │
//                  └──────────── a higher epoch, a leader of this epoch ┴───────────────┘
//                                           (or resigned: no quorum, no disk, stopping)
#pragma once

#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "raft/event.h"
#include "raft/follower_progress.h"
#include "raft/vote_tally.h"

namespace quorate::raft {

// Follows the leader of its epoch, or (KRaft: unattached) knows none.
struct Follower {
  std::optional<NodeId> leader;
  // When it stands.
  MonoTime election_deadline;
  // The leader's own high watermark as the first heartbeat of this session told it.
  std::optional<RecordOffset> ready_offset;
};

// Asks whether a vote would be granted; changes nothing, not even its epoch (Raft dissertation
// §9.6, KIP-996).
struct Prospective {
  VoteTally tally;
  MonoTime round_deadline;
};

// Voted for itself in its epoch and asks for votes (Raft §5.2).
struct Candidate {
  VoteTally tally;
  // The write that makes its own vote durable: until then it does not count.
  WriteId vote_write = 0;
  // Stands on a TimeoutNow: voters with a live leader do not refuse.
  bool transfer = false;
  MonoTime round_deadline;
};

// A read that a leader confirms: its own, or a follower's question.
struct PendingRead {
  // Of this node (session = 0), or of the node that asks.
  Token token = 0;
  SessionId session = 0;
};

// Reads are confirmed in rounds (Raft §6.4): one round is under way, the next one collects.
struct ReadRounds {
  // Of the round under way or the last one. Assigned by the leader, so that no answer to an earlier
  // heartbeat confirms a later read (etcd #20418); starts over with each leader's epoch.
  int64_t sequence = 0;
  LogIndex read_index;
  std::vector<PendingRead> under_way;
  std::vector<PendingRead> waiting;
};

struct Leader {
  // Every other voter, and every observer whose append stream is up.
  std::map<ReplicaKey, FollowerProgress> peers;
  // The first entry of the epoch: nothing is read, claimed or told to be committed before it is.
  LogIndex barrier;
  RecordOffset barrier_end;
  MonoTime next_heartbeat;
  ReadRounds reads;
  bool claimed = false;
  // With its own disk full: whom it offered leadership last, and when it tries the next one.
  std::optional<ReplicaKey> offered_to;
  MonoTime next_offer;
};

using Role = std::variant<Follower, Prospective, Candidate, Leader>;

}  // namespace quorate::raft
