// The port through which the consensus core reaches its disk. storage/ implements it.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "raft/entry.h"
#include "raft/snapshot.h"
#include "raft/types.h"
#include "raft/voter_set.h"

namespace quorate::raft {

// Numbers the writes of one process, from 1.
using WriteId = uint64_t;

// One atomic step: applied in the order of the fields, all of it or nothing.
struct LogWrite {
  WriteId id = 0;
  std::optional<HardState> hard_state;
  // The founding voter set: persisted before the first log exists.
  std::optional<VoterSet> founding_voters;
  // Nothing of the log stays: an empty one begins after this snapshot, which is durable already.
  std::optional<SnapshotMeta> install_snapshot;
  // Everything after this index is dropped before `entries` are appended.
  std::optional<LogIndex> truncate_after;
  // Contiguous from the (truncated) end.
  std::vector<EntryPtr> entries;
  // Everything up to this index is dropped, at the latest when it is next dropped more (log
  // compaction). REQUIRES: a durable snapshot holds it, and the write that appended it is done.
  std::optional<LogIndex> drop_prefix;
};

// What a log holds when it is opened.
struct RestoredLog {
  HardState hard_state;
  // First and last entry; last = first - 1: there is none.
  LogIndex first_index{1};
  LogIndex last_index{0};
  // What a snapshot holds and the log no longer does ends at first_index - 1; nothing: first_index
  // is 1.
  std::optional<SnapshotMeta> start;
  // The last entry, if there is one.
  EntryPtr last_entry;
  // (epoch, index of its first entry here), ascending in both: the epoch of every entry.
  std::vector<std::pair<Epoch, LogIndex>> epoch_starts;
  // Every Voters entry, ascending: (its index, its set). The last one governs, else start's set.
  std::vector<std::pair<LogIndex, VoterSet>> voter_sets;
  std::optional<VoterSet> founding_voters;
  // The newest snapshot that lies beside the log: it ends at first_index - 1 or later, also beyond
  // the log's end, if the process died between receiving and installing it. Not the log's to know:
  // whoever opens both sets it.
  std::optional<SnapshotMeta> snapshot;
  // The voter lists that earlier starts accepted, each ascending; empty: none was written down.
  // Not the log's to know either.
  std::vector<std::vector<NodeId>> accepted_voter_lists;

  // Something was ever appended, or installed; its entries may all be in the snapshot.
  bool has_log() const { return last_index > LogIndex(0); }
  bool has_entries() const { return last_index >= first_index; }
  // The log's latest voter set; null: it holds none, and the founding set governs.
  const VoterSet* LatestVoters() const {
    if (!voter_sets.empty()) return &voter_sets.back().second;
    return start && start->voters_index > LogIndex(0) ? &start->voters : nullptr;
  }
};

// Thread-safe; never blocks the caller. Callbacks run on the log's own threads.
class DurableLog {
 public:
  virtual ~DurableLog() = default;

  // Writes are applied in call order; those that queue up share one sync. `done` is called in
  // order, once the write would survive a kill -9 and a power loss. A failure is fatal to the
  // process: the caller must not act, acknowledge or retry.
  virtual void Write(LogWrite write, absl::AnyInvocable<void(absl::Status) &&> done) = 0;

  // Entries from `from` to at most `to` (inclusive), in order, at least one and at most about
  // `max_bytes` of them. What a completed Write covers is seen. OUT_OF_RANGE: `from` is not in the
  // log (any more); DATA_LOSS: it cannot be read.
  using ReadCallback = absl::AnyInvocable<void(absl::StatusOr<std::vector<EntryPtr>>) &&>;
  virtual void Read(LogIndex from, LogIndex to, size_t max_bytes, ReadCallback done) = 0;

  // As Read, from the entry that contains `offset` on.
  virtual void ReadFromOffset(RecordOffset offset, LogIndex to, size_t max_bytes,
                              ReadCallback done) = 0;

  // False when so little disk is free that nothing new should be accepted. Cheap.
  virtual bool HasFreeSpace() const = 0;
};

}  // namespace quorate::raft
