// Writes a node's own snapshots in the background: chunk by chunk, at a bounded pace, so that the
// log's writes on the same disk are not held up.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/executor.h"
#include "storage/snapshot_depot.h"
#include "storage/snapshot_files.h"
#include "storage/snapshot_writer.h"

namespace quorate::storage {

class SnapshotSaver {
 public:
  struct Options {
    size_t bytes_per_second = size_t{32} << 20;
  };
  // The content, chunk by chunk; nothing: that was the last one.
  using Chunks = absl::AnyInvocable<std::optional<std::string>()>;
  // The size of the file. An error names what failed; then there is no snapshot, and no harm done.
  using Done = absl::AnyInvocable<void(absl::StatusOr<int64_t>) &&>;

  // All outlive the saver, and the executor has run its last task before it is destroyed.
  SnapshotSaver(Options options, SnapshotDepot* depot, SnapshotFiles* files, Executor* executor,
                const Clock* clock);

  // Writes a snapshot, and adds it to the depot once it is durable. Any thread; `chunks` and `done`
  // are called on the executor. One at a time: REQUIRES that the last one is done.
  void Save(raft::SnapshotMeta meta, Chunks chunks, Done done);

 private:
  struct Job {
    raft::SnapshotMeta meta;
    Chunks chunks;
    Done done;
    SnapshotWriter writer;
    MonoTime began;
  };

  // Writes the next chunk, and goes on when the pace allows it.
  void Step();
  void Finish(const absl::Status& status);

  const Options options_;
  SnapshotDepot* const depot_;
  SnapshotFiles* const files_;
  Executor* const executor_;
  const Clock* const clock_;
  std::unique_ptr<Job> job_;
};

}  // namespace quorate::storage
