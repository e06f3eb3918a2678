// Metrics of a controller's disk: its log and its snapshots.
#pragma once

#include <cstdint>
#include <optional>

#include "raft/api/snapshot.h"
#include "server/metrics/metrics_page.h"
#include "storage/storage_metrics.h"

namespace quorate::server {

// What the storage of a controller counts. All of it outlives the object.
struct StorageCounts {
  const storage::KvMetrics* log = nullptr;
  const storage::SnapshotWriteMetrics* writes = nullptr;
  const storage::SnapshotReceiveMetrics* transfers = nullptr;
};

// The state of the storage at the moment.
struct StorageState {
  uint64_t log_bytes = 0;
  uint64_t free_bytes = 0;
  uint64_t min_free_bytes = 0;
  // The newest snapshot, and the size of its file.
  std::optional<raft::SnapshotMeta> snapshot;
  int64_t snapshot_bytes = 0;
};

// `wall_ms` is the time in milliseconds since the Unix epoch.
void AddStorageMetrics(const StorageCounts& counts, const StorageState& state, int64_t wall_ms,
                       MetricsPage& page);

}  // namespace quorate::server
