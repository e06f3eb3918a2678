// The disk of one simulated node. Writes are queued until the test syncs them, and a crash loses
// those that were not synced.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "raft/api/durable_log.h"

namespace quorate::raft {

class MemoryDisk {
 public:
  void Write(LogWrite write) { unsynced_.push_back(std::move(write)); }
  size_t unsynced() const { return unsynced_.size(); }

  // Makes the oldest unsynced write durable. REQUIRES: unsynced() > 0.
  WriteId SyncOne();
  // Loses everything that is not durable.
  void Crash() { unsynced_.clear(); }

  // Returns what is durable.
  RestoredLog Restore() const;
  const HardState& hard_state() const { return hard_state_; }
  LogIndex first_index() const { return start_ ? start_->last_index + 1 : LogIndex(1); }
  LogIndex last_index() const { return first_index() + std::ssize(entries_) - 1; }
  RecordOffset end_offset() const {
    if (!entries_.empty()) return entries_.back()->end_offset();
    return start_ ? start_->id.end_offset : RecordOffset(0);
  }
  // Returns null beyond either end of the log.
  EntryPtr Find(LogIndex index) const;
  // Returns the set that governs at `index` and the index of its entry, as SnapshotMeta holds them.
  std::pair<LogIndex, VoterSet> VotersAt(LogIndex index) const;
  // Like DurableLog::Read.
  absl::StatusOr<std::vector<EntryPtr>> Read(LogIndex from, LogIndex to, size_t max_bytes) const;

 private:
  HardState hard_state_;
  std::optional<VoterSet> founding_voters_;
  std::optional<SnapshotMeta> start_;
  std::deque<EntryPtr> entries_;  // from first_index() on
  std::deque<LogWrite> unsynced_;
};

}  // namespace quorate::raft
