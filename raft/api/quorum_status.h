// What a node knows of the quorum, as values: which node leads, and how far every replica is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "raft/api/types.h"
#include "raft/api/voter_set.h"

namespace quorate::raft {

// What a node knows of one replica.
struct ReplicaStatus {
  ReplicaKey key;
  // Of a voter, as the voter set has it; of an observer, as it announces it.
  std::string peer_endpoint;
  // The addresses that it announces in its latest Hello, or that this node is configured with.
  // nullopt if it is not in session.
  std::optional<Voter> announced;
  // If false, it is an observer. Only the leader knows observers, and only while they are in
  // session.
  bool is_voter = true;
  // End offset of its durable log; for this node itself, of its whole log. nullopt if it is not
  // known here.
  std::optional<RecordOffset> log_end_offset;
  // When it last answered, and when it last had everything. For this node itself: now.
  std::optional<MonoTime> last_contact;
  std::optional<MonoTime> last_caught_up;
  // Whether this node's own control stream to it is up.
  bool in_session = false;
  // On the leader: it is in session and had everything within the last check-quorum timeout, so
  // that it can be counted on as a voter without a pause.
  bool caught_up = false;
  // On the leader: it lacks entries that the log no longer holds, so that it gets a snapshot.
  bool receives_snapshot = false;
  // The highest metadata version that its program can replay, as it said in Hello. 0 if it is not
  // in session, so that this is not known.
  uint32_t max_metadata_version = 0;
};

// What a node knows of its own log and disk.
struct OwnLogStatus {
  // The number of entries in the log. Earlier ones are only in a snapshot.
  int64_t entries = 0;
  // Encoded size of the entries that this process appended, or is about to append, and that are not
  // committed.
  size_t uncommitted_bytes = 0;
  // The disk has finished nothing for so long that this node may not lead.
  bool disk_is_stalled = false;
};

// What a node knows of the quorum.
struct QuorumStatus {
  NodeId self;
  Epoch epoch;
  std::optional<NodeId> leader;
  // Wall time at which this node learned of the leader, in ms since the Unix epoch; 0 if no leader
  // is known.
  int64_t leader_since_ms = 0;
  RecordOffset high_watermark;
  RecordOffset log_end_offset;
  VoterSet voter_set;
  // Voters first, then observers, each by node id. This node is included if it is a voter.
  std::vector<ReplicaStatus> replicas;
  // What this node must have applied to be ready: on the leader the end of its barrier, on a
  // follower the high watermark in the first heartbeat of the session. nullopt if the node is not
  // ready because it has not heard from a leader.
  std::optional<RecordOffset> ready_offset;
  // What the node waits for before it may take part (the founding of the cluster); empty if it does
  // not wait.
  std::string waiting_for;
  OwnLogStatus own_log;
};

}  // namespace quorate::raft
