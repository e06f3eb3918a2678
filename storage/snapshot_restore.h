// A cluster from a backup: data directories for controllers that begin with a snapshot, as though
// its log had been theirs and they had forgotten it. Nothing is known of what the log held behind
// the snapshot's end, so a person must order it, and the new log says who did.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "base/random.h"
#include "raft/entry.h"
#include "raft/snapshot.h"

namespace quorate::storage {

// The new log's first epoch lies at least so far behind the snapshot's, and by a random number up
// to as much again: farther than the lost cluster can have got, be it with `quorum recover`, and
// elsewhere than another restore of the same snapshot, so that no (epoch, offset) ever names two
// different entries.
inline constexpr int32_t kRestoreEpochGap = 1'000'000;

struct RestoreOrder {
  // A snapshot file, verified by the caller as far as its content goes.
  std::string file;
  std::string cluster_id;
  // The voters, and for each the data directory that is made for it.
  std::map<NodeId, std::string> directories;
  // Who orders it.
  std::string principal;
  // Wall clock.
  int64_t now_ms = 0;
};

struct RestoreResult {
  raft::SnapshotMeta snapshot;
  // The entry with which each new log begins: the voters.
  raft::EntryPtr entry;
};

// Makes the data directories; durable once OK. Then each controller can be started, and a majority
// is a quorum. FAILED_PRECONDITION: a directory is not empty, and no log was written into any
// (those before it may be claimed for their node by now); or a newer program wrote the file;
// DATA_LOSS: the file is damaged. After any other error the directories that were made are of no
// use.
absl::StatusOr<RestoreResult> RestoreSnapshot(const RestoreOrder& order, Rng& rng);

}  // namespace quorate::storage
