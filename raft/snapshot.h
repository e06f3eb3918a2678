// The name of a snapshot, and what a log that begins after one must still know of its past.
#pragma once

#include <cstdint>
#include <utility>

#include "base/ids.h"
#include "raft/entry.h"
#include "raft/voter_set.h"

namespace quorate::raft {

// As in KRaft: a snapshot is named by what it contains. Two controllers that wrote the same one
// hold the same bytes, so that a transfer can go on from another controller.
struct SnapshotId {
  // Exclusive: the first record that is not in it.
  RecordOffset end_offset;
  // Of the last entry in it.
  Epoch epoch;

  friend auto operator<=>(const SnapshotId&, const SnapshotId&) = default;
};

// Where a snapshot ends in the log. All of it is a function of the log up to that entry.
struct SnapshotMeta {
  SnapshotId id;
  // The last entry in it: its index, checksum (the next entry chains to it) and append time.
  LogIndex last_index;
  uint64_t last_checksum = 0;
  int64_t last_append_time_ms = 0;
  // The voter set that governs at last_index, and the index of its entry. 0 and the empty set: the
  // log held none, and the founding set governs.
  LogIndex voters_index;
  VoterSet voters;

  // The place directly after `last`, where the log's latest set is `voters`, of `voters_index`.
  static SnapshotMeta After(const Entry& last, LogIndex voters_index, VoterSet voters) {
    return {.id = {.end_offset = last.end_offset(), .epoch = last.epoch()},
            .last_index = last.index(),
            .last_checksum = last.checksum(),
            .last_append_time_ms = last.header().append_time_ms,
            .voters_index = voters_index,
            .voters = std::move(voters)};
  }

  friend bool operator==(const SnapshotMeta&, const SnapshotMeta&) = default;
};

}  // namespace quorate::raft
