// Writes a node's own snapshots in the background: chunk by chunk and at a bounded rate, so that it
// does not delay the log's writes on the same disk.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/executor.h"
#include "storage/file_snapshot_store.h"
#include "storage/snapshot_files.h"
#include "storage/snapshot_writer.h"
#include "storage/storage_metrics.h"

namespace quorate::storage {

// Writes one snapshot at a time and adds it to the store.
class BackgroundSnapshotWriter {
 public:
  struct Options {
    size_t bytes_per_second = size_t{32} << 20;
  };
  // Returns the content chunk by chunk, and nullopt after the last one.
  using Chunks = absl::AnyInvocable<std::optional<std::string>()>;
  // Receives the size of the file. After an error there is no snapshot, and nothing else has
  // changed.
  using Done = absl::AnyInvocable<void(absl::StatusOr<int64_t>) &&>;

  // All pointers must outlive the writer. The executor must have run its last task before the
  // writer is destroyed.
  BackgroundSnapshotWriter(Options options, FileSnapshotStore* store, SnapshotFiles* files,
                           Executor* executor, const Clock* clock);

  // Writes a snapshot, and adds it to the store once it is durable. Any thread may call this.
  // `chunks` and `done` are called on the executor. REQUIRES: the previous Save is done.
  void Save(raft::SnapshotMeta meta, Chunks chunks, Done done);

  // Any thread may read them.
  const SnapshotWriteMetrics& metrics() const { return metrics_; }

 private:
  struct Job {
    raft::SnapshotMeta meta;
    Chunks chunks;
    Done done;
    SnapshotWriter writer;
    MonoTime began;
  };

  // Writes the next chunk, and schedules the one after it as the rate allows.
  void Step();
  void Finish(const absl::Status& status);

  const Options options_;
  FileSnapshotStore* const store_;
  SnapshotFiles* const files_;
  Executor* const executor_;
  const Clock* const clock_;
  std::unique_ptr<Job> job_;
  SnapshotWriteMetrics metrics_;
};

}  // namespace quorate::storage
