// Common setup for the tests of snapshots.
#pragma once

#include <cstdint>

#include "raft/core/raft_core.h"

namespace quorate::raft {

// Returns the options of a core whose log keeps `entries` entries that its snapshot holds too.
inline RaftOptions KeepEntries(int64_t entries) {
  RaftOptions options;
  options.kept_entries = entries;
  return options;
}

// Returns the place directly after entry `index` of the core's own log.
inline SnapshotMeta MetaAt(RaftCore& core, int64_t index) {
  return SnapshotMeta::After(*core.log().Find(LogIndex(index)), LogIndex(0), {});
}

}  // namespace quorate::raft
