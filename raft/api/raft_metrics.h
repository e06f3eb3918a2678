// What a node counts of its work in the quorum: elections, leaderships, appends and commits.
#pragma once

#include <array>
#include <cstddef>

#include "base/instruments.h"

namespace quorate::raft {

// Why a node stands for election.
enum class ElectionCause {
  kStart,        // it has known no leader since it started
  kLeaderDied,   // the connection to the leader broke, and the leader is taken for dead
  kResignation,  // the leader resigned
  kTransfer,     // the leader transfers leadership to it
  kTimeout,      // it received nothing from a leader for an election timeout
};
inline constexpr size_t kElectionCauses = 5;

// Why a node stopped being leader.
enum class LeadershipEnd {
  kDeposed,      // it learned of a later epoch
  kTransferred,  // another voter took over as it had ordered
  kNoQuorum,     // no majority has answered for a check-quorum timeout
  kDiskStalled,  // its disk finished nothing for a check-quorum timeout
  kRemoved,      // it is not a voter any longer
  kStopped,      // the process stops
};
inline constexpr size_t kLeadershipEnds = 6;

// Updated on the raft loop. Any thread may read it.
struct RaftMetrics {
  // The sizes of writes in bytes: 128 B to 4 MiB.
  static constexpr Histogram::Bounds kWriteBytes = {
      1 << 7,  1 << 8,  1 << 9,  1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14,
      1 << 15, 1 << 16, 1 << 17, 1 << 18, 1 << 19, 1 << 20, 1 << 21, 1 << 22};

  // By ElectionCause. An election begins when the node stands while it stands in none, and ends
  // when it knows a leader, which may take several rounds.
  std::array<Counter, kElectionCauses> elections;
  // How long the elections took that the node won, from the time at which it stood first.
  Histogram won_election_duration{Histogram::kSeconds};
  // By LeadershipEnd.
  std::array<Counter, kLeadershipEnds> leadership_ends;
  // How long entries took on this leader from their append until they were committed. Entries that
  // were appended in one step count as one.
  Histogram commit_latency{Histogram::kSeconds};
  // How many entries, and how many bytes of them, one write to the log appends.
  Histogram append_entries{Histogram::kCounts};
  Histogram append_bytes{kWriteBytes};
  // Claims of an epoch by a replica that is not believed (raft/core/trust.cc).
  Counter distrusted_claims;
};

}  // namespace quorate::raft
