// The events of the consensus core. Besides the time they are its only inputs.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "raft/api/durable_log.h"
#include "raft/api/message.h"
#include "raft/api/replicated_log.h"
#include "raft/api/snapshot_store.h"
#include "raft/api/transport.h"

namespace quorate::raft {

// The driver's number for one of its pending requests (a read, a transfer).
using Token = int64_t;

namespace event {

// The first event. It comes exactly once.
struct Start {};

// The deadline has come. Harmless if it has not.
struct Wake {
  // Since when the driver has been waiting for the disk to read entries that it must deliver;
  // nullopt if it is not waiting.
  std::optional<MonoTime> reading_since;
  // The disk is nearly full, so this node proposes nothing more.
  bool disk_is_full = false;
};

// From the transport (TransportEvents).
struct Receive {
  ReplicaKey from;
  SessionId session = 0;
  Message message;
};
struct Hello {
  PeerHello hello;
};
struct StreamUp {
  NodeId peer;
  StreamClass stream = StreamClass::kControl;
  ReplicaKey key;
};
struct StreamDown {
  NodeId peer;
  StreamClass stream = StreamClass::kControl;
};
struct PeerDead {
  NodeId peer;
};
struct PeerGoodbye {
  ReplicaKey peer;
  GoodbyeReason reason = GoodbyeReason::kReconnecting;
  Epoch epoch;
};

// From the users of the log (ReplicatedLog).
struct Propose {
  std::vector<Proposal> proposals;
};
struct StartRead {
  Token token = 0;
  MonoTime deadline;
};
struct StartTransfer {
  Token token = 0;
  std::optional<NodeId> target;
};
struct PauseConfirmed {
  Epoch epoch;
};

// From the disk. A write is named by its id, never by its entries, because after a truncation other
// entries may have the same indexes (etcd: the completion of an old write was counted for newer
// entries).
struct Persisted {
  WriteId id = 0;
};
// Answers effect::ReadEntries, with its `peer`, `epoch` and `from`.
struct EntriesRead {
  ReplicaKey peer;
  Epoch epoch;
  LogIndex from;
  absl::StatusOr<std::vector<EntryPtr>> entries;
};

// From the users of the log. A snapshot of their state is durable, so the log may drop the entries
// in it.
struct SnapshotSaved {
  SnapshotMeta meta;
};
// Answers effect::ReadChunk, with its `peer`, `epoch`, `id` and `position`.
struct ChunkRead {
  ReplicaKey peer;
  Epoch epoch;
  SnapshotId id;
  int64_t position = 0;
  absl::StatusOr<SnapshotPiece> piece;
};
// Answers effect::ReceiveChunk, with its `session`, and the `sequence` and `id` of its chunk.
struct ChunkReceived {
  SessionId session = 0;
  int64_t sequence = 0;
  SnapshotId id;
  absl::StatusOr<ReceivedSnapshot> received;
};

// The node stops. Every later event is ignored.
struct Shutdown {};

}  // namespace event

// There is no event for a change of the voters: it is proposed as a Voters entry.
using Event = std::variant<event::Start, event::Wake, event::Receive, event::Hello, event::StreamUp,
                           event::StreamDown, event::PeerDead, event::PeerGoodbye, event::Propose,
                           event::StartRead, event::StartTransfer, event::PauseConfirmed,
                           event::Persisted, event::EntriesRead, event::SnapshotSaved,
                           event::ChunkRead, event::ChunkReceived, event::Shutdown>;

}  // namespace quorate::raft
