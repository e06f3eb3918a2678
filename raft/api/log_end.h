// Where a log ends, be it at an entry, at a snapshot or before the first entry: all that the next
// entry builds on.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "raft/api/entry.h"
#include "raft/api/snapshot.h"

namespace quorate::raft {

// The default value is the end of a log that never held anything.
struct LogEnd {
  LogIndex index;
  Epoch epoch;
  RecordOffset offset;
  uint64_t checksum = 0;
  int64_t append_time_ms = 0;

  static LogEnd Of(const Entry& entry) {
    return {.index = entry.index(),
            .epoch = entry.epoch(),
            .offset = entry.end_offset(),
            .checksum = entry.checksum(),
            .append_time_ms = entry.header().append_time_ms};
  }
  static LogEnd Of(const SnapshotMeta& snapshot) {
    return {.index = snapshot.last_index,
            .epoch = snapshot.id.epoch,
            .offset = snapshot.id.end_offset,
            .checksum = snapshot.last_checksum,
            .append_time_ms = snapshot.last_append_time_ms};
  }

  friend bool operator==(const LogEnd&, const LogEnd&) = default;
};

}  // namespace quorate::raft
