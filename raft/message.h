// What controllers say to each other, as plain values: server/ translates them to and from
// quorate.raft.v1, the simulator passes them as they are. Field meanings: raft_service.proto.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "raft/entry.h"
#include "raft/snapshot.h"
#include "raft/types.h"
#include "raft/voter_set.h"

namespace quorate::raft {

struct VoteRequest {
  // The epoch that the candidate stands for, in a pre-vote too (there: its own epoch + 1).
  Epoch epoch;
  ReplicaKey candidate;
  Epoch last_epoch;
  LogIndex last_index;
  bool pre_vote = false;
  // Sent only on a TimeoutNow of the candidate's epoch: a live leader does not refuse it.
  bool transfer = false;
  // The voters that govern the candidate's log, for a receiver whose log does not name it yet;
  // nothing: those of the founding.
  std::optional<VoterSet> voters;
};

struct VoteResponse {
  Epoch epoch;
  Epoch requested_epoch;
  bool granted = false;
  bool pre_vote = false;
};

struct Heartbeat {
  Epoch epoch;
  // At most what the receiver is known to have.
  LogIndex commit_index;
  // An answer confirms every read round up to this one (etcd #20418: assigned by the leader,
  // monotonic, reset with the epoch).
  int64_t read_sequence = 0;
  // The leader's own, not capped, for readiness.
  RecordOffset high_watermark;
  // The voters that govern the leader's log, for a receiver that may not have their entry yet.
  std::optional<VoterSet> voters;
};

struct HeartbeatResponse {
  Epoch epoch;
  int64_t read_sequence = 0;
  // In a refusal because of a later epoch: the voters that govern the log of who refuses, for a
  // leader whose log does not name it.
  std::optional<VoterSet> voters;
};

struct AppendRequest {
  Epoch epoch;
  // Grows by one with each request of a stream.
  int64_t sequence = 0;
  LogIndex prev_index;
  Epoch prev_epoch;
  LogIndex commit_index;
  // Contiguous from prev_index + 1. Empty: a probe, or the commit index alone.
  std::vector<EntryPtr> entries;
};

struct AppendResponse {
  Epoch epoch;
  int64_t sequence = 0;
  bool success = false;
  // Success: durable and equal to the leader's log up to here, never beyond what was sent.
  LogIndex match_index;
  // Success: end offset of the entry at match_index, for display.
  RecordOffset match_end_offset;
  // Failure: the follower's log can match at most here, where its entry has epoch hint_epoch.
  LogIndex hint_index;
  Epoch hint_epoch;
};

struct ReadIndexRequest {
  int64_t token = 0;
  Epoch epoch;
};

struct ReadIndexResponse {
  int64_t token = 0;
  Epoch epoch;
  // Whether leadership was confirmed by a round sent after the question came.
  bool confirmed = false;
  LogIndex read_index;
};

struct TimeoutNow {
  Epoch epoch;
};

// The leader offers a snapshot to a follower that needs entries it no longer has, then sends it
// piece by piece, each after the answer to the last.
struct SnapshotChunk {
  Epoch epoch;
  // Grows by one with each chunk to this peer in an epoch.
  int64_t sequence = 0;
  SnapshotId id;
  // Index of the last entry in the snapshot.
  LogIndex last_index;
  int64_t position = 0;
  // Of the whole snapshot.
  int64_t total_bytes = 0;
  // Empty: an offer, which asks how far the follower is.
  std::string bytes;
};

struct SnapshotChunkResponse {
  enum class State {
    kWanted,     // send from `position` on
    kBusy,       // what came last is being written or verified; ask again
    kInstalled,  // this log holds what the snapshot does, durably
  };
  Epoch epoch;
  int64_t sequence = 0;
  SnapshotId id;
  State state = State::kBusy;
  int64_t position = 0;
};

using Message = std::variant<VoteRequest, VoteResponse, Heartbeat, HeartbeatResponse, AppendRequest,
                             AppendResponse, ReadIndexRequest, ReadIndexResponse, TimeoutNow,
                             SnapshotChunk, SnapshotChunkResponse>;

// The streams to a peer; each is opened by both ends, so there are two of each between two nodes.
// Questions travel on the asker's own stream, answers come back on the same one.
enum class StreamClass {
  kControl,   // votes, heartbeats, reads, TimeoutNow: never behind log entries
  kAppend,    // AppendRequest and its answers
  kSnapshot,  // SnapshotChunk and its answers: never before log entries
};
inline constexpr StreamClass kStreamClasses[] = {StreamClass::kControl, StreamClass::kAppend,
                                                 StreamClass::kSnapshot};

// "control", "append", "snapshot".
const char* ToString(StreamClass stream);

// The class of the stream that it travels on.
StreamClass StreamOf(const Message& message);

// For logs and transcripts: one line, every field.
std::string ToString(const Message& message);

enum class GoodbyeReason { kReconnecting, kResigned, kStopping };

}  // namespace quorate::raft
