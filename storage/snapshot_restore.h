// Starts a cluster from a backup: creates data directories for controllers that begin with a
// snapshot, as if they had written its log and then compacted it. What the log held after the
// snapshot's end is unknown. So a person must order the restore, and the new log records who did.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "base/random.h"
#include "raft/api/entry.h"
#include "raft/api/snapshot.h"

namespace quorate::storage {

// The first epoch of the new log is above the snapshot's epoch by this much, plus a random number
// below this much. The lost cluster cannot have advanced that far, even with `quorum recover`. The
// random part keeps the epoch apart from that of another restore of the same snapshot. So no
// (epoch, offset) ever identifies two different entries. Example: a snapshot of epoch 7 may be
// restored once in epoch 1,200,007 and once in epoch 1,900,007.
inline constexpr int32_t kRestoreEpochGap = 1'000'000;

struct RestoreOrder {
  // A snapshot file. The caller has verified the records in it.
  std::string file;
  std::string cluster_id;
  // The voters, and the data directory that is created for each.
  std::map<NodeId, std::string> directories;
  // The person who orders the restore.
  std::string principal;
  // Wall-clock time.
  int64_t now_ms = 0;
};

struct RestoreResult {
  raft::SnapshotMeta snapshot;
  // The first entry of each new log, which holds the voters.
  raft::EntryPtr entry;
};

// Creates the data directories. Durable once it returns OK. Then each controller can be started,
// and a majority of them is a quorum. Returns FAILED_PRECONDITION if a directory is not empty. No
// log was written then, but the directories before it may already be assigned to their nodes.
// Returns FAILED_PRECONDITION also if a newer program wrote the file, or if its epoch leaves no
// room for later ones. Returns NOT_FOUND if there is no such file, and DATA_LOSS if it is damaged.
// After any other error the created directories must not be used.
absl::StatusOr<RestoreResult> RestoreSnapshot(const RestoreOrder& order, Rng& rng);

}  // namespace quorate::storage
