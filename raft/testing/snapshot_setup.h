// What tests of snapshots begin with.
#pragma once

#include <cstdint>

#include "raft/raft_core.h"

namespace quorate::raft {

// Options of a core whose log keeps `entries` that its snapshot has too.
inline RaftOptions KeepEntries(int64_t entries) {
  RaftOptions options;
  options.kept_entries = entries;
  return options;
}

// The place behind entry `index` of the core's own log.
inline SnapshotMeta MetaAt(RaftCore& core, int64_t index) {
  return SnapshotMeta::After(*core.log().Find(LogIndex(index)), LogIndex(0), {});
}

}  // namespace quorate::raft
