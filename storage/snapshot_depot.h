// A node's snapshots as raft/ sees them: which is the newest, bytes of it for a peer, and bytes of
// one that a peer sends. Owns no thread: the work is done on an executor of its caller's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "raft/snapshot_store.h"
#include "storage/snapshot_directory.h"
#include "storage/snapshot_files.h"
#include "storage/snapshot_reader.h"
#include "storage/snapshot_receiver.h"

namespace quorate::storage {

// A chunk of a snapshot's content, and where its frame is in the file.
struct SnapshotChunk {
  raft::SnapshotId id;
  FilePosition position = 0;
  FilePosition next_position = 0;
  std::string data;
  bool is_last = false;
};

class SnapshotDepot final : public raft::SnapshotStore {
 public:
  // Looks for the newest snapshot that `read` can read to its end. Both pointers outlive the depot,
  // and the executor has run its last task before it is destroyed.
  static absl::StatusOr<std::unique_ptr<SnapshotDepot>> Open(SnapshotFiles* files,
                                                             Executor* executor,
                                                             SnapshotRead read = Verify);

  // On the executor: this node has written a snapshot. It is the newest from now on, if it is
  // newer, and what is too old is removed.
  void Add(const raft::SnapshotMeta& meta);

  // To read all of a snapshot, on any thread. The errors of SnapshotReader::Open.
  absl::StatusOr<SnapshotReader> OpenReader(const raft::SnapshotId& id) const;

  // The newest whole snapshot. Nothing: there is none. Thread-safe.
  std::optional<raft::SnapshotMeta> Newest() const;
  // Of the file. The errors of the reader. Thread-safe.
  absl::StatusOr<int64_t> SizeOf(const raft::SnapshotId& id) const;

  // The chunk whose frame begins at `position`; 0: the first one. `done` runs on the executor.
  // NOT_FOUND: this snapshot is not here (any more); DATA_LOSS: it is damaged, or none begins
  // there.
  void ReadChunk(raft::SnapshotId id, FilePosition position,
                 absl::AnyInvocable<void(absl::StatusOr<SnapshotChunk>) &&> done);

  // raft::SnapshotStore. A piece is a frame.
  void Read(raft::SnapshotId id, int64_t position,
            absl::AnyInvocable<void(absl::StatusOr<raft::SnapshotPiece>) &&> done) override;
  void Receive(raft::SnapshotId id, int64_t position, std::string bytes,
               absl::AnyInvocable<void(absl::StatusOr<raft::ReceivedSnapshot>) &&> done) override;

 private:
  SnapshotDepot(SnapshotFiles* files, Executor* executor, std::optional<raft::SnapshotMeta> newest)
      : files_(files), executor_(executor), newest_(std::move(newest)) {}

  // On the executor.
  absl::StatusOr<raft::SnapshotPiece> ReadNow(const raft::SnapshotId& id,
                                              FilePosition position) const;
  absl::StatusOr<SnapshotChunk> ReadChunkNow(const raft::SnapshotId& id,
                                             FilePosition position) const;
  absl::StatusOr<raft::ReceivedSnapshot> ReceiveNow(const raft::SnapshotId& id,
                                                    FilePosition position, std::string_view bytes);
  absl::Status OpenReceiver(const raft::SnapshotId& id);

  SnapshotFiles* const files_;
  Executor* const executor_;
  // Of the snapshot that comes, or came last and was not completed. The executor's.
  std::optional<SnapshotReceiver> receiver_;

  mutable Mutex mutex_;
  std::optional<raft::SnapshotMeta> newest_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::storage
