// What a node's log holds, by the identity of its entries. The checks keep their own copy, so that
// they never ask the code that they check.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "raft/entry.h"
#include "raft/voter_set.h"

namespace quorate::sim {

// Names an entry and everything before it: its checksum covers the checksum of its predecessor
// (raft/entry.h). Two logs that hold one mark at one index are equal up to there, so that no check
// ever rescans a log.
struct EntryMark {
  Epoch epoch;
  uint64_t checksum = 0;

  static EntryMark Of(const raft::Entry& entry) {
    return {.epoch = entry.epoch(), .checksum = entry.checksum()};
  }
  friend bool operator==(const EntryMark&, const EntryMark&) = default;
};

// What of an entry the next one builds on. By default: of what comes before the first one.
struct LoggedEntry {
  EntryMark mark;
  RecordOffset end_offset;
  int64_t append_time_ms = 0;
  // Encoded size of all entries up to it.
  size_t bytes_so_far = 0;
};

// From index 1 on, whatever a node has compacted away. All but Prefix takes constant time.
class LogMirror {
 public:
  LogIndex last_index() const { return LogIndex(static_cast<int64_t>(entries_.size()) - 1); }
  const LoggedEntry& last() const { return entries_.back(); }
  // REQUIRES: 0 <= index <= last_index().
  const LoggedEntry& At(LogIndex index) const { return entries_[Position(index)]; }
  bool Holds(LogIndex index, const EntryMark& mark) const {
    return index <= last_index() && At(index).mark == mark;
  }

  // The latest Voters entry: its index and set; index 0 and an empty set: there is none.
  LogIndex voters_index() const { return voters_.back().first; }
  const raft::VoterSet& voters() const { return voters_.back().second; }
  // All of them, ascending, after that empty one.
  const std::vector<std::pair<LogIndex, raft::VoterSet>>& voter_sets() const { return voters_; }

  // REQUIRES: follows the last entry; a Voters entry can be parsed.
  void Append(const raft::Entry& entry);
  // Appends what `other` holds at the next index. REQUIRES: it holds something there.
  void AppendFrom(const LogMirror& other);
  // REQUIRES: index >= 0.
  void TruncateAfter(LogIndex index);
  // A copy up to `index`. REQUIRES: 0 <= index <= last_index().
  LogMirror Prefix(LogIndex index) const;

 private:
  static size_t Position(LogIndex index) { return static_cast<size_t>(index.value()); }

  std::vector<LoggedEntry> entries_ = {LoggedEntry{}};
  std::vector<std::pair<LogIndex, raft::VoterSet>> voters_ = {{}};
};

}  // namespace quorate::sim
