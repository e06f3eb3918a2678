// The name of a snapshot, and what a log that begins after a snapshot must know of the entries in
// it.
#pragma once

#include <cstdint>
#include <utility>

#include "base/ids.h"
#include "raft/api/entry.h"
#include "raft/api/voter_set.h"

namespace quorate::raft {

// Names a snapshot by what it contains, as KRaft does. Two controllers that wrote the same snapshot
// hold the same bytes, so that a transfer can continue from another controller.
struct SnapshotId {
  // Exclusive: the offset of the first record that is not in it.
  RecordOffset end_offset;
  // The epoch of the last entry in it.
  Epoch epoch;

  friend auto operator<=>(const SnapshotId&, const SnapshotId&) = default;
};

// Where a snapshot ends in the log. All fields depend only on the log up to that entry.
struct SnapshotMeta {
  SnapshotId id;
  // The last entry in it: its index, its checksum (to which the next entry chains) and its append
  // time.
  LogIndex last_index;
  uint64_t last_checksum = 0;
  int64_t last_append_time_ms = 0;
  // The voter set that governs at last_index, and the index of its entry. If the log held none, the
  // founding set governs; the fields are then 0 and the empty set.
  LogIndex voters_index;
  VoterSet voters;

  // Returns the place directly after `last`. `voters`, of the entry at `voters_index`, is the log's
  // latest voter set there.
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
