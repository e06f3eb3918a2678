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
#include "raft/api/entry.h"
#include "raft/api/snapshot.h"
#include "raft/api/types.h"
#include "raft/api/voter_set.h"

namespace quorate::raft {

// Numbers the writes of one process, from 1 on.
using WriteId = uint64_t;

// One atomic write: the fields are applied in this order, all of them or none.
struct LogWrite {
  WriteId id = 0;
  std::optional<HardState> hard_state;
  // The founding voter set. It is persisted before the first log exists.
  std::optional<VoterSet> founding_voters;
  // The whole log is dropped: an empty one begins after this snapshot, which is durable already.
  std::optional<SnapshotMeta> install_snapshot;
  // Everything after this index is dropped before `entries` are appended.
  std::optional<LogIndex> truncate_after;
  // Contiguous from the end of the (truncated) log.
  std::vector<EntryPtr> entries;
  // Everything up to this index is dropped, at the latest when the next write drops more (log
  // compaction). REQUIRES: a durable snapshot holds it, and the write that appended it is done.
  std::optional<LogIndex> drop_prefix;
};

// What a log holds when it is opened.
struct RestoredLog {
  HardState hard_state;
  // First and last entry. If last_index = first_index - 1, there is none.
  LogIndex first_index{1};
  LogIndex last_index{0};
  // The end of what a snapshot holds and the log no longer does: it is at first_index - 1. nullopt
  // if first_index is 1.
  std::optional<SnapshotMeta> start;
  // The last entry; null if there is none.
  EntryPtr last_entry;
  // (epoch, index of its first entry here), ascending in both. They give the epoch of every entry.
  std::vector<std::pair<Epoch, LogIndex>> epoch_starts;
  // (index, voter set) of every Voters entry, ascending. The last set governs, else the set of
  // `start`.
  std::vector<std::pair<LogIndex, VoterSet>> voter_sets;
  std::optional<VoterSet> founding_voters;
  // The newest snapshot beside the log. It ends at first_index - 1 or later, and even beyond the
  // end of the log if the process died between receiving and installing it. The log does not know
  // it; the code that opens both sets it.
  std::optional<SnapshotMeta> snapshot;
  // The voter lists that earlier starts accepted, each ascending; empty if none was recorded. The
  // log does not know them either.
  std::vector<std::vector<NodeId>> accepted_voter_lists;

  // Returns whether anything was ever appended or installed. The entries may all be in the
  // snapshot.
  bool has_log() const { return last_index > LogIndex(0); }
  bool has_entries() const { return last_index >= first_index; }
  // Returns the log's latest voter set, or null if it holds none and the founding set governs.
  const VoterSet* LatestVoters() const {
    if (!voter_sets.empty()) return &voter_sets.back().second;
    return start && start->voters_index > LogIndex(0) ? &start->voters : nullptr;
  }
};

// Stores the log and the hard state. Thread-safe; never blocks the caller. Callbacks run on the
// log's own threads.
class DurableLog {
 public:
  virtual ~DurableLog() = default;

  // Applies writes in call order; queued writes share one sync. `done` is called in the same order,
  // once the write would survive a kill -9 and a power loss. A failure is fatal to the process: the
  // caller must not act on the write, acknowledge it or retry it.
  virtual void Write(LogWrite write, absl::AnyInvocable<void(absl::Status) &&> done) = 0;

  // Reads the entries from `from` up to `to` (inclusive), in order: at least one, and about
  // `max_bytes` at most. Sees everything that a completed Write covers. Returns OUT_OF_RANGE if
  // `from` is not in the log, or no longer; DATA_LOSS if it cannot be read.
  using ReadCallback = absl::AnyInvocable<void(absl::StatusOr<std::vector<EntryPtr>>) &&>;
  virtual void Read(LogIndex from, LogIndex to, size_t max_bytes, ReadCallback done) = 0;

  // Like Read, but begins with the entry that contains `offset`.
  virtual void ReadFromOffset(RecordOffset offset, LogIndex to, size_t max_bytes,
                              ReadCallback done) = 0;

  // Returns false if so little disk space is free that nothing new should be accepted. Cheap.
  virtual bool HasFreeSpace() const = 0;
};

}  // namespace quorate::raft
