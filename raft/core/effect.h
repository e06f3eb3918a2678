// The effects of the consensus core. Besides its next deadline they are its only outputs.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "raft/api/durable_log.h"
#include "raft/api/message.h"
#include "raft/api/transport.h"
#include "raft/api/voter_set.h"
#include "raft/core/event.h"

namespace quorate::raft {

namespace effect {

// To the disk. The core holds back whatever must not leave the node before a write is durable,
// until event::Persisted. Everything else goes out while the disk still works.
struct Persist {
  LogWrite write;
};
// Reads entries for `peer` that are no longer in memory. Answered by event::EntriesRead.
struct ReadEntries {
  ReplicaKey peer;
  Epoch epoch;
  LogIndex from;
  LogIndex to;  // inclusive
  size_t max_bytes = 0;
};

// To the snapshot store.
//
// Reads a piece of a snapshot for `peer`. Answered by event::ChunkRead.
struct ReadChunk {
  ReplicaKey peer;
  Epoch epoch;
  SnapshotId id;
  int64_t position = 0;
};
// Stores a piece that arrived on `session`. Answered by event::ChunkReceived.
struct ReceiveChunk {
  SessionId session = 0;
  InstallSnapshot chunk;
};

// To the transport.
struct Send {
  NodeId to;
  Message message;
};
struct Reply {
  SessionId session = 0;
  Message message;
};
struct SayGoodbye {
  GoodbyeReason reason = GoodbyeReason::kResigned;
  Epoch epoch;
};
struct Announce {
  bool has_log = false;
  std::optional<VoterSet> voter_set;
};

// To the program's log: a replica that is not believed claims an epoch.
struct Distrust {
  ReplicaKey who;
  Epoch epoch;
};

// To the users of the log.
//
// Replaces their state with this snapshot, whatever was delivered before. Later entries follow.
struct LoadSnapshot {
  SnapshotMeta meta;
};
// Everything up to `index` is committed. Entries that LogView::Slice does not hold are on disk.
struct Commit {
  LogIndex index;
};
struct LeaderChange {
  Epoch epoch;
  std::optional<NodeId> leader;
};
// This node leads `epoch`. The users are notified once everything up to `barrier` is delivered.
struct Claim {
  Epoch epoch;
  LogIndex barrier;
  RecordOffset end_offset;
  bool has_voters = false;
  VoterSet voters;
};
// Leadership of `epoch` has ended, whether or not it was claimed.
struct Renounce {
  Epoch epoch;
};
struct Pause {
  Epoch epoch;
};
struct Resume {
  Epoch epoch;
};
// The read is linearizable once everything up to `index`, which is committed here, is delivered.
struct ReadReady {
  Token token = 0;
  LogIndex index;
};
// The read fails with UNAVAILABLE.
struct ReadFailed {
  Token token = 0;
  std::string reason;
};
struct TransferDone {
  Token token = 0;
  absl::Status status;
};

// The node must not go on. This is its last effect. The message names the remedy.
struct Fatal {
  absl::Status status;
};

}  // namespace effect

using Effect =
    std::variant<effect::Persist, effect::ReadEntries, effect::ReadChunk, effect::ReceiveChunk,
                 effect::Send, effect::Reply, effect::SayGoodbye, effect::Announce,
                 effect::Distrust, effect::LoadSnapshot, effect::Commit, effect::LeaderChange,
                 effect::Claim, effect::Renounce, effect::Pause, effect::Resume, effect::ReadReady,
                 effect::ReadFailed, effect::TransferDone, effect::Fatal>;

}  // namespace quorate::raft
