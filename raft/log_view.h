// What the core knows of its own log: the epoch of every index, the entries at the tail, how far it
// is durable and how far committed. The rest is on disk, behind effects.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "raft/durable_log.h"
#include "raft/entry.h"
#include "raft/log_bytes.h"
#include "raft/log_end.h"
#include "raft/voter_set.h"

namespace quorate::raft {

// Invariants:
//  1. commit_index <= last_index and durable_index <= last_index. A follower, and a leader whose
//     peers were quicker than its own disk, may have committed what is not yet durable here.
//  2. The cache is the contiguous tail [cache_first, last_index]. It holds every entry that is not
//     durable (those are never asked of the disk), and of those that this process appended every
//     one that is not committed.
//  3. Nothing at or below commit_index is ever truncated.
//  4. What is below first_index is committed, and in a durable snapshot.
class LogView {
 public:
  // The log as it was opened: all of it durable, nothing known to be committed but what is in its
  // snapshot.
  LogView(const RestoredLog& restored, size_t cache_bytes);

  // First entry kept. last_index = first_index - 1: there is none.
  LogIndex first_index() const { return first_index_; }
  LogIndex last_index() const { return last_index_; }
  LogIndex durable_index() const { return durable_index_; }
  LogIndex commit_index() const { return commit_index_; }
  bool empty() const { return last_index_ < first_index_; }

  // What the next entry builds on.
  const LogEnd& end() const { return end_.value(); }
  Epoch last_epoch() const { return end().epoch; }
  RecordOffset end_offset() const { return end().offset; }
  // Of the entry at commit_index; nothing if that entry was never in memory.
  std::optional<RecordOffset> commit_end_offset() const { return commit_end_offset_; }

  // Below the place that the log begins at: neither the entry nor its epoch is known any more.
  bool IsForgotten(LogIndex index) const { return index < first_index_ - 1; }

  // The epoch of the entry at `index`, 0 for index 0 in a log from 1 on; known from first_index - 1
  // on. Nothing where it is not known: an unknown epoch is never a value that could match (etcd
  // raft #31).
  std::optional<Epoch> EpochAt(LogIndex index) const;

  // The highest index <= `limit` whose epoch is at most `epoch`, at least first_index - 1 where
  // `limit` is. Two logs agree nowhere above it if one of them has an entry of `epoch` at `limit`.
  LogIndex LastIndexOfEpochAtMost(Epoch epoch, LogIndex limit) const;

  // The set that governs: the log's latest, committed or not (KIP-853), else the founding one.
  const VoterSet& voters() const;
  // The set that governed before it; empty if there was none.
  const VoterSet& previous_voters() const;
  // The index of its entry; 0: it is the founding set.
  LogIndex voters_index() const {
    return voter_sets_.empty() ? LogIndex(0) : voter_sets_.back().first;
  }
  // Whether a set that this process has seen in the log, or the founding one, holds the replica.
  bool HasNamed(const ReplicaKey& replica) const {
    return named_.contains(replica) || founding_voters_.Contains(replica);
  }
  bool has_voters_entry() const { return !voter_sets_.empty(); }
  void SetFoundingVoters(VoterSet voters) { founding_voters_ = std::move(voters); }

  // Whether the entry continues this log, as far as memory can tell: what precedes it may be on
  // disk alone.
  bool IsContinuedBy(const Entry& entry) const;
  // REQUIRES: follows the last entry in index, offset and epoch; a Voters entry's payload parses.
  void Append(EntryPtr entry);
  // Drops everything after `index`; voter sets among it lose their effect, and durability shrinks
  // with the log. The next Append must come before anything asks for the end.
  // REQUIRES: commit_index <= index < last_index.
  void TruncateAfter(LogIndex index);
  void SetDurable(LogIndex index);
  // REQUIRES: commit_index <= index <= last_index.
  void CommitTo(LogIndex index);
  // Forgets everything up to `index`, which is in a durable snapshot, but the epoch and the voters
  // there. REQUIRES: index <= commit_index, durable_index; index < last_index, so that the entry
  // that the next one builds on stays.
  void DropPrefix(LogIndex index);
  // Nothing of the log stays: it is empty, begins after `snapshot`, and that much is committed. How
  // far it is durable shrinks to what was committed before.
  // REQUIRES: snapshot.last_index > commit_index.
  void InstallSnapshot(const SnapshotMeta& snapshot);

  // Entries from `from` to at most `to`, at least one and at most about `max_bytes`; none if memory
  // no longer holds `from`.
  std::vector<EntryPtr> Slice(LogIndex from, LogIndex to, size_t max_bytes) const;
  // As Slice, from the entry that contains `offset` on.
  std::vector<EntryPtr> SliceFromOffset(RecordOffset offset, LogIndex to, size_t max_bytes) const;
  // Null if memory no longer holds it.
  EntryPtr Find(LogIndex index) const;
  LogIndex cache_first() const { return cache_first_; }

  // About the lowest index from which on this log is known to be at most `max_bytes`.
  LogIndex FirstWithin(size_t max_bytes) const {
    return bytes_.FirstWithin(max_bytes, last_index_ + 1);
  }

  // Encoded size of what this process appended and is not committed.
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
  // Nothing: it is an entry that is only on disk.
  std::optional<LogEnd> end_ = LogEnd();
  // (epoch, its first index), ascending in both. The first one covers first_index - 1.
  std::vector<std::pair<Epoch, LogIndex>> epoch_starts_ = {{Epoch(0), LogIndex(0)}};
  // The first one may lie before first_index.
  std::vector<std::pair<LogIndex, VoterSet>> voter_sets_;
  VoterSet founding_voters_;
  // All that were ever in voter_sets_: who was removed, or was added by an entry that is cut off
  // again, may have gone to a later epoch meanwhile, from which only its own word brings it back.
  std::set<ReplicaKey> named_;

  LogIndex cache_first_;
  std::deque<EntryPtr> cache_;
  size_t cache_bytes_ = 0;
  LogBytes bytes_;
  // Of the entries from first_counted_ on: the first that was not restored from disk.
  size_t uncommitted_bytes_ = 0;
  LogIndex first_counted_;
};

}  // namespace quorate::raft
