// A mirror of a node's log that contains the identities of its entries. The checks keep their own
// copy, so that they do not depend on the code that they check.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "raft/api/entry.h"
#include "raft/api/voter_set.h"

namespace quorate::sim {

// Identifies an entry and everything before it, because its checksum covers the checksum of its
// predecessor (raft/api/entry.h). Two logs with the same mark at one index are equal up to there,
// so no check ever rescans a log.
struct EntryMark {
  Epoch epoch;
  uint64_t checksum = 0;

  static EntryMark Of(const raft::Entry& entry) {
    return {.epoch = entry.epoch(), .checksum = entry.checksum()};
  }
  friend bool operator==(const EntryMark&, const EntryMark&) = default;
};

// The part of an entry on which the next one builds. The default value stands for the position
// before the first entry.
struct LoggedEntry {
  EntryMark mark;
  RecordOffset end_offset;
  int64_t append_time_ms = 0;
  // The encoded size of all entries up to this one.
  size_t bytes_so_far = 0;
};

// Contains all entries from index 1 on, even those that the node has compacted. All functions
// except Prefix take constant time.
class LogMirror {
 public:
  LogIndex last_index() const { return LogIndex(static_cast<int64_t>(entries_.size()) - 1); }
  const LoggedEntry& last() const { return entries_.back(); }
  // REQUIRES: 0 <= index <= last_index().
  const LoggedEntry& At(LogIndex index) const { return entries_[Position(index)]; }
  bool Holds(LogIndex index, const EntryMark& mark) const {
    return index <= last_index() && At(index).mark == mark;
  }

  // The index and set of the latest Voters entry, or index 0 and an empty set if there is none.
  LogIndex voters_index() const { return voters_.back().first; }
  const raft::VoterSet& voters() const { return voters_.back().second; }
  // All voter sets in ascending order, after the empty one at index 0.
  const std::vector<std::pair<LogIndex, raft::VoterSet>>& voter_sets() const { return voters_; }

  // REQUIRES: follows the last entry; a Voters entry can be parsed.
  void Append(const raft::Entry& entry);
  // Appends the entry of `other` at the next index. REQUIRES: `other` has that entry.
  void AppendFrom(const LogMirror& other);
  // REQUIRES: index >= 0.
  void TruncateAfter(LogIndex index);
  // Returns a copy up to `index`. REQUIRES: 0 <= index <= last_index().
  LogMirror Prefix(LogIndex index) const;

 private:
  static size_t Position(LogIndex index) { return static_cast<size_t>(index.value()); }

  std::vector<LoggedEntry> entries_ = {LoggedEntry{}};
  std::vector<std::pair<LogIndex, raft::VoterSet>> voters_ = {{}};
};

}  // namespace quorate::sim
