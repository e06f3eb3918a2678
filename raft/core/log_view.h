// What the core knows of its own log: the epoch of every index, the entries at the tail, and how
// far the log is durable and committed. The rest is on disk and is read through effects.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "raft/api/durable_log.h"
#include "raft/api/entry.h"
#include "raft/api/log_end.h"
#include "raft/api/voter_set.h"
#include "raft/core/log_bytes.h"

namespace quorate::raft {

// Tracks the log of one core, which owns it. Not thread-safe. Invariants:
//  1. commit_index <= last_index and durable_index <= last_index. commit_index may be above
//     durable_index: on a follower, and on a leader whose peers were faster than its own disk.
//  2. The cache is the contiguous tail [cache_first, last_index]. It holds every entry that is not
//     durable (these are never read from disk), and every entry that this process appended and
//     that is not committed.
//  3. Nothing at or below commit_index is ever truncated.
//  4. Everything below first_index is committed and in a durable snapshot.
class LogView {
 public:
  // The log as it was opened. All of it is durable; only what its snapshot holds is known to be
  // committed.
  LogView(const RestoredLog& restored, size_t cache_bytes);

  // The first entry that is kept. If last_index = first_index - 1, there is none.
  LogIndex first_index() const { return first_index_; }
  LogIndex last_index() const { return last_index_; }
  LogIndex durable_index() const { return durable_index_; }
  LogIndex commit_index() const { return commit_index_; }
  bool empty() const { return last_index_ < first_index_; }

  // Returns the end of the log, on which the next entry builds.
  const LogEnd& end() const { return end_.value(); }
  Epoch last_epoch() const { return end().epoch; }
  RecordOffset end_offset() const { return end().offset; }
  // End offset of the entry at commit_index; nullopt if that entry was never in memory.
  std::optional<RecordOffset> commit_end_offset() const { return commit_end_offset_; }

  // Returns whether `index` is so far below the beginning of the log that neither the entry nor its
  // epoch is known any longer.
  bool IsForgotten(LogIndex index) const { return index < first_index_ - 1; }

  // Returns the epoch of the entry at `index`. It is known from first_index - 1 on; in a log that
  // begins with index 1, the epoch of index 0 is 0. Returns nullopt where it is not known, so that
  // an unknown epoch never has a value that could match (etcd raft #31).
  std::optional<Epoch> EpochAt(LogIndex index) const;

  // Returns the highest index <= `limit` whose epoch is at most `epoch`, but no less than
  // first_index - 1 unless `limit` is less. If another log has an entry of `epoch` at `limit`, the
  // two logs agree nowhere above the result (follower.cc has an example).
  LogIndex LastIndexOfEpochAtMost(Epoch epoch, LogIndex limit) const;

  // Returns the set that governs: the latest in the log, committed or not (KIP-853), else the
  // founding set.
  const VoterSet& voters() const;
  // Returns the set that governed before it; empty if there was none.
  const VoterSet& previous_voters() const;
  // The index of its entry; 0 if it is the founding set.
  LogIndex voters_index() const {
    return voter_sets_.empty() ? LogIndex(0) : voter_sets_.back().first;
  }
  // Returns whether the founding set, or a set that this process has seen in the log, names the
  // replica.
  bool HasNamed(const ReplicaKey& replica) const {
    return named_.contains(replica) || founding_voters_.Contains(replica);
  }
  bool has_voters_entry() const { return !voter_sets_.empty(); }
  void SetFoundingVoters(VoterSet voters) { founding_voters_ = std::move(voters); }

  // Returns whether the entry continues this log, as far as memory can tell: the entry before it
  // may be only on disk.
  bool IsContinuedBy(const Entry& entry) const;
  // REQUIRES: `entry` follows the last one in index, offset and epoch; a Voters entry's payload
  // parses.
  void Append(EntryPtr entry);
  // Drops everything after `index`. Voter sets in it lose their effect, and durable_index is
  // lowered to `index`. The next Append must come before anything asks for the end.
  // REQUIRES: commit_index <= index < last_index.
  void TruncateAfter(LogIndex index);
  void SetDurable(LogIndex index);
  // REQUIRES: commit_index <= index <= last_index.
  void CommitTo(LogIndex index);
  // Drops everything up to `index`, which is in a durable snapshot. The epoch and the voters at
  // `index` stay known. REQUIRES: index <= commit_index, durable_index; index < last_index, so that
  // the entry on which the next one builds stays.
  void DropPrefix(LogIndex index);
  // Replaces the whole log: it is empty, begins after `snapshot`, and is committed up to there.
  // durable_index is lowered to the old commit_index.
  // REQUIRES: snapshot.last_index > commit_index.
  void InstallSnapshot(const SnapshotMeta& snapshot);

  // Returns the entries from `from` up to `to`: at least one, and about `max_bytes` at most.
  // Returns none if memory no longer holds `from`.
  std::vector<EntryPtr> Slice(LogIndex from, LogIndex to, size_t max_bytes) const;
  // Like Slice, but begins with the entry that contains `offset`.
  std::vector<EntryPtr> SliceFromOffset(RecordOffset offset, LogIndex to, size_t max_bytes) const;
  // Returns the entry, or null if memory no longer holds it.
  EntryPtr Find(LogIndex index) const;
  LogIndex cache_first() const { return cache_first_; }

  // Returns about the lowest index from which on this log is known to take at most `max_bytes`.
  LogIndex FirstWithin(size_t max_bytes) const {
    return bytes_.FirstWithin(max_bytes, last_index_ + 1);
  }

  // Encoded size of the entries that this process appended and that are not committed.
  size_t uncommitted_bytes() const { return uncommitted_bytes_; }

 private:
  const EntryPtr& At(LogIndex index) const { return cache_[index - cache_first_]; }
  void BeginAfter(const SnapshotMeta& snapshot);
  void AddVoters(LogIndex index, VoterSet voters);
  void EvictFront();
  void EvictBeyondLimit();

  const size_t cache_limit_bytes_;
  LogIndex first_index_;
  LogIndex last_index_;
  LogIndex durable_index_;
  LogIndex commit_index_;
  std::optional<RecordOffset> commit_end_offset_;
  // nullopt if the last entry is only on disk.
  std::optional<LogEnd> end_ = LogEnd();
  // (epoch, its first index), ascending in both. The first pair covers first_index - 1.
  std::vector<std::pair<Epoch, LogIndex>> epoch_starts_ = {{Epoch(0), LogIndex(0)}};
  // (index, voter set), ascending. The first one may be below first_index.
  std::vector<std::pair<LogIndex, VoterSet>> voter_sets_;
  VoterSet founding_voters_;
  // All replicas that were ever in voter_sets_. A replica that was removed, or was added by an
  // entry that was truncated, may have entered a later epoch meanwhile. It can follow again only if
  // its own claim of that epoch is believed.
  std::set<ReplicaKey> named_;

  LogIndex cache_first_;
  std::deque<EntryPtr> cache_;
  size_t cache_bytes_ = 0;
  LogBytes bytes_;
  // Counts the entries from first_counted_ on, which is the first one that was not restored from
  // disk.
  size_t uncommitted_bytes_ = 0;
  LogIndex first_counted_;
};

}  // namespace quorate::raft
