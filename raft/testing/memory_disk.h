// The disk of one simulated node: writes queue up until the test syncs them, and a crash loses what
// was not synced.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "raft/durable_log.h"

namespace quorate::raft {

class MemoryDisk {
 public:
  void Write(LogWrite write) { unsynced_.push_back(std::move(write)); }
  size_t unsynced() const { return unsynced_.size(); }

  // Makes the oldest unsynced write durable. REQUIRES: unsynced() > 0.
  WriteId SyncOne();
  // Loses what is not durable.
  void Crash() { unsynced_.clear(); }

  // What is durable.
  RestoredLog Restore() const;
  const HardState& hard_state() const { return hard_state_; }
  LogIndex last_index() const { return LogIndex(static_cast<int64_t>(entries_.size())); }
  // Null beyond the end.
  EntryPtr Find(LogIndex index) const;
  // As DurableLog::Read.
  absl::StatusOr<std::vector<EntryPtr>> Read(LogIndex from, LogIndex to, size_t max_bytes) const;

 private:
  HardState hard_state_;
  std::optional<VoterSet> founding_voters_;
  std::vector<EntryPtr> entries_;  // from index 1 on
  std::deque<LogWrite> unsynced_;
};

}  // namespace quorate::raft
