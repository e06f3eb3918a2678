#include "server/metrics/storage_metrics.h"

#include <algorithm>

#include "server/metrics/metric_table.h"

namespace quorate::server {

void AddStorageMetrics(const StorageCounts& counts, const StorageState& state, int64_t wall_ms,
                       MetricsPage& page) {
  page.Add(kLogSync, counts.log->sync_duration);
  page.Add(kLogWrittenBytes, counts.log->written_bytes);
  page.Add(kLogReads, counts.log->reads);
  page.Add(kLogReadBytes, counts.log->read_bytes);
  page.Add(kLogBytes, static_cast<double>(state.log_bytes));
  page.Add(kDiskFreeBytes, static_cast<double>(state.free_bytes));
  page.Add(kDiskMinFreeBytes, static_cast<double>(state.min_free_bytes));

  page.Add(kSnapshotEndOffset,
           state.snapshot ? static_cast<double>(state.snapshot->id.end_offset.value()) : 0);
  page.Add(kSnapshotBytes, static_cast<double>(state.snapshot_bytes));
  if (state.snapshot) {
    const int64_t age_ms = std::max<int64_t>(0, wall_ms - state.snapshot->last_append_time_ms);
    page.Add(kSnapshotAge, static_cast<double>(age_ms) / 1000);
  }
  page.Add(kSnapshotWrite, counts.writes->duration);
  page.Add(kSnapshotFailures, counts.writes->failures);
  page.Add(kSnapshotsReceived, counts.transfers->received);
  page.Add(kSnapshotReceivedBytes, counts.transfers->received_bytes);
}

}  // namespace quorate::server
