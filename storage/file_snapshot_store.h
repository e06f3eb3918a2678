// A node's snapshots as raft/ sees them: which one is the newest, bytes of it for a peer, and bytes
// of one that a peer sends.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "raft/api/snapshot_store.h"
#include "storage/snapshot_files.h"
#include "storage/snapshot_names.h"
#include "storage/snapshot_reader.h"
#include "storage/snapshot_receiver.h"
#include "storage/storage_metrics.h"

namespace quorate::storage {

// A chunk of a snapshot's content, and the position of its frame in the file.
struct ContentChunk {
  raft::SnapshotId id;
  FilePosition position = 0;
  FilePosition next_position = 0;
  std::string data;
  bool is_last = false;
};

// Reads and receives a node's snapshots, and knows the newest one. Owns no thread: the work runs on
// an executor that the caller provides.
class FileSnapshotStore final : public raft::SnapshotStore {
 public:
  // Finds the newest snapshot that `read` can read to its end. `files` and `executor` must outlive
  // the store. The executor must have run its last task before the store is destroyed.
  static absl::StatusOr<std::unique_ptr<FileSnapshotStore>> Open(SnapshotFiles* files,
                                                                 Executor* executor,
                                                                 SnapshotRead read = Verify);

  // Adds a complete snapshot of this node. It becomes the newest if it is newer than the current
  // one. Removes old snapshots. Call on the executor.
  void Add(const raft::SnapshotMeta& meta);

  // Opens a snapshot to read all of it, on any thread. Returns the errors of SnapshotReader::Open.
  absl::StatusOr<SnapshotReader> OpenReader(const raft::SnapshotId& id) const;

  // Returns the newest complete snapshot, or nullopt if there is none. Thread-safe.
  std::optional<raft::SnapshotMeta> Newest() const;
  // Returns the size of the snapshot file in bytes, or the errors of SnapshotReader::Open.
  // Thread-safe.
  absl::StatusOr<int64_t> SizeOf(const raft::SnapshotId& id) const;

  // Passes the complete snapshots to `done`, ascending, or the error of listing the files. `done`
  // runs on the executor.
  void List(absl::AnyInvocable<void(absl::StatusOr<std::vector<raft::SnapshotId>>) &&> done);

  // Reads the chunk whose frame begins at `position`, or the first chunk if `position` is 0. `done`
  // runs on the executor. It receives NOT_FOUND if this node does not have the snapshot (any
  // longer), and DATA_LOSS if the snapshot is damaged or no chunk begins at `position`.
  void ReadChunk(raft::SnapshotId id, FilePosition position,
                 absl::AnyInvocable<void(absl::StatusOr<ContentChunk>) &&> done);

  // raft::SnapshotStore. A piece is a frame.
  void Read(raft::SnapshotId id, int64_t position,
            absl::AnyInvocable<void(absl::StatusOr<raft::SnapshotPiece>) &&> done) override;
  void Receive(raft::SnapshotId id, int64_t position, std::string bytes,
               absl::AnyInvocable<void(absl::StatusOr<raft::ReceivedSnapshot>) &&> done) override;

  // Any thread may read them.
  const SnapshotReceiveMetrics& metrics() const { return metrics_; }

 private:
  FileSnapshotStore(SnapshotFiles* files, Executor* executor,
                    std::optional<raft::SnapshotMeta> newest)
      : files_(files), executor_(executor), newest_(std::move(newest)) {}

  // On the executor.
  absl::StatusOr<raft::SnapshotPiece> ReadNow(const raft::SnapshotId& id,
                                              FilePosition position) const;
  absl::StatusOr<ContentChunk> ReadChunkNow(const raft::SnapshotId& id,
                                            FilePosition position) const;
  absl::StatusOr<raft::ReceivedSnapshot> ReceiveNow(const raft::SnapshotId& id,
                                                    FilePosition position, std::string_view bytes);
  absl::Status OpenReceiver(const raft::SnapshotId& id);

  SnapshotFiles* const files_;
  Executor* const executor_;
  // Receives the snapshot that is arriving, or that arrived last and was not completed. Used only
  // on the executor.
  std::optional<SnapshotReceiver> receiver_;
  SnapshotReceiveMetrics metrics_;

  mutable Mutex mutex_;
  std::optional<raft::SnapshotMeta> newest_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::storage
