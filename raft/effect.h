// Everything the consensus core can ask for: its only outputs, besides its next deadline.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "raft/durable_log.h"
#include "raft/event.h"
#include "raft/message.h"
#include "raft/transport.h"
#include "raft/voter_set.h"

namespace quorate::raft {

namespace effect {

// To the disk. What must not leave the node before a write is durable is held back by the core
// until event::Persisted; everything else goes out while the disk still works.
struct Persist {
  LogWrite write;
};
// Entries for `peer` that memory no longer holds; answered by event::EntriesRead.
struct ReadEntries {
  ReplicaKey peer;
  Epoch epoch;
  LogIndex from;
  LogIndex to;  // inclusive
  size_t max_bytes = 0;
};

// To the snapshots.
//
// A piece of a snapshot for `peer`; answered by event::ChunkRead.
struct ReadChunk {
  ReplicaKey peer;
  Epoch epoch;
  SnapshotId id;
  int64_t position = 0;
};
// Takes up a piece that came on `session`; answered by event::ChunkReceived.
struct ReceiveChunk {
  SessionId session = 0;
  SnapshotChunk chunk;
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

// To the log of the program: somebody that is not believed claims an epoch.
struct Distrust {
  ReplicaKey who;
  Epoch epoch;
};

// To the users of the log.
//
// Their state is that of this snapshot, whatever was delivered before; entries behind it follow.
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
// To be told once everything up to `barrier` was delivered.
struct Claim {
  Epoch epoch;
  LogIndex barrier;
  RecordOffset end_offset;
  bool has_voters = false;
  VoterSet voters;
};
// Leadership of `epoch` is over, whether it was claimed or not.
struct Renounce {
  Epoch epoch;
};
struct Pause {
  Epoch epoch;
};
struct Resume {
  Epoch epoch;
};
// Linearizable once everything up to `index`, which is committed here, was delivered.
struct ReadReady {
  Token token = 0;
  LogIndex index;
};
// The outcome of a read is UNAVAILABLE.
struct ReadFailed {
  Token token = 0;
  std::string reason;
};
struct TransferDone {
  Token token = 0;
  absl::Status status;
};

// The node must not go on; the last effect ever. The message names the remedy.
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
