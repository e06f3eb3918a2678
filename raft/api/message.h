// The messages between controllers, as plain values. server/ translates them to and from
// quorate.raft.v1; the simulator passes them on as they are. raft_service.proto explains the
// fields.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "raft/api/entry.h"
#include "raft/api/snapshot.h"
#include "raft/api/types.h"
#include "raft/api/voter_set.h"

namespace quorate::raft {

// A candidate asks a voter for its vote, or with `pre_vote` whether it would get that vote
// (election.cc).
struct VoteRequest {
  // The epoch that the candidate stands for. In a pre-vote this is the candidate's own epoch + 1.
  Epoch epoch;
  ReplicaKey candidate;
  Epoch last_epoch;
  LogIndex last_index;
  bool pre_vote = false;
  // Set only by a candidate that the leader ordered to stand (TimeoutNow). A voter with a live
  // leader does not refuse such a request.
  bool transfer = false;
  // The voter set that governs the candidate's log, for a receiver whose log does not name the
  // candidate yet. nullopt if that is the founding set.
  std::optional<VoterSet> voters;
};

struct VoteResponse {
  Epoch epoch;
  Epoch requested_epoch;
  bool granted = false;
  bool pre_vote = false;
};

// The leader tells a peer that it leads. Answers count for check-quorum and confirm read rounds.
struct Heartbeat {
  Epoch epoch;
  // At most what the receiver is known to have.
  LogIndex commit_index;
  // The current read round. A reply confirms every round up to this one. The leader assigns the
  // number; it only grows within an epoch and starts over with the next (etcd #20418).
  int64_t read_sequence = 0;
  // The leader's own high watermark, not limited to what the receiver has. The receiver uses it to
  // decide when it is ready.
  RecordOffset high_watermark;
  // The voter set that governs the leader's log, for a receiver that may not have its entry yet.
  std::optional<VoterSet> voters;
};

struct HeartbeatResponse {
  Epoch epoch;
  int64_t read_sequence = 0;
  // Set in a refusal because of a later epoch: the voter set that governs the refusing node's log,
  // for a leader whose log does not name that node.
  std::optional<VoterSet> voters;
};

// The leader replicates entries. The follower accepts them only if its entry at prev_index has
// epoch prev_epoch (follower.cc).
struct AppendRequest {
  Epoch epoch;
  // Grows by one with each request on a stream.
  int64_t sequence = 0;
  LogIndex prev_index;
  Epoch prev_epoch;
  LogIndex commit_index;
  // Contiguous from prev_index + 1. Empty in a probe, and in a request that only carries the commit
  // index.
  std::vector<EntryPtr> entries;
};

struct AppendResponse {
  Epoch epoch;
  int64_t sequence = 0;
  bool success = false;
  // On success: up to this index the follower's log is durable and equal to the leader's. Never
  // beyond the last entry that was sent.
  LogIndex match_index;
  // On success: end offset of the entry at match_index, for display.
  RecordOffset match_end_offset;
  // On failure: the follower's log can match at most up to this index. Its entry there has epoch
  // hint_epoch (follower.cc has an example).
  LogIndex hint_index;
  Epoch hint_epoch;
};

// A follower asks the leader for a linearizable read position (reads.cc).
struct ReadIndexRequest {
  int64_t token = 0;
  Epoch epoch;
};

struct ReadIndexResponse {
  int64_t token = 0;
  Epoch epoch;
  // Whether a round that was sent after the request arrived confirmed the leadership.
  bool confirmed = false;
  LogIndex read_index;
};

// The leader orders the receiver to stand for election at once (transfer.cc).
struct TimeoutNow {
  Epoch epoch;
};

// Offers a snapshot to a follower that needs entries which the leader no longer has, then carries
// the snapshot piece by piece. The leader sends each piece after the answer to the previous one.
struct InstallSnapshot {
  Epoch epoch;
  // Grows by one with each chunk to this peer in an epoch.
  int64_t sequence = 0;
  SnapshotId id;
  // Index of the last entry in the snapshot.
  LogIndex last_index;
  int64_t position = 0;
  // Size of the whole snapshot.
  int64_t total_bytes = 0;
  // Empty in an offer, which asks how much of the snapshot the follower has.
  std::string bytes;
};

struct InstallSnapshotResponse {
  enum class State {
    kWanted,     // send from `position` on
    kBusy,       // the previous chunk is being written or verified; ask again
    kInstalled,  // the log holds what the snapshot holds, durably
  };
  Epoch epoch;
  int64_t sequence = 0;
  SnapshotId id;
  State state = State::kBusy;
  int64_t position = 0;
};

using Message = std::variant<VoteRequest, VoteResponse, Heartbeat, HeartbeatResponse, AppendRequest,
                             AppendResponse, ReadIndexRequest, ReadIndexResponse, TimeoutNow,
                             InstallSnapshot, InstallSnapshotResponse>;

// The classes of streams to a peer. Both ends open one stream of each class, so there are two of
// each between two nodes. A node sends its requests on its own stream, and the replies return on
// it.
enum class StreamClass {
  kControl,   // votes, heartbeats, reads, TimeoutNow: never behind log entries
  kAppend,    // AppendRequest and its answers
  kSnapshot,  // InstallSnapshot and its answers: never ahead of log entries
};
inline constexpr StreamClass kStreamClasses[] = {StreamClass::kControl, StreamClass::kAppend,
                                                 StreamClass::kSnapshot};

// "control", "append", "snapshot".
const char* ToString(StreamClass stream);

// Returns the class of the stream that carries `message`.
StreamClass StreamOf(const Message& message);

// Returns one line with every field, for logs and transcripts.
std::string ToString(const Message& message);

enum class GoodbyeReason { kReconnecting, kResigned, kStopping };

}  // namespace quorate::raft
