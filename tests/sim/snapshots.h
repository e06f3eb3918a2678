// The snapshots of one process: the real store and writer on its machine's files.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/executor.h"
#include "metadata/metadata_image.h"
#include "raft/api/snapshot_store.h"
#include "storage/background_snapshot_writer.h"
#include "storage/file_snapshot_store.h"
#include "storage/snapshot_files.h"
#include "tests/sim/scheduler.h"

namespace quorate::sim {

class Snapshots final : public raft::SnapshotStore {
 public:
  // The disk's thread for snapshots. Everything in it outlives the snapshots.
  struct Host {
    storage::SnapshotFiles* files = nullptr;
    Executor* executor = nullptr;
    const Clock* clock = nullptr;
    // The process. Once it has ended, no file changes.
    const Actor* actor = nullptr;
    // Called after each change of a file. May kill the process.
    std::function<void()> after_call;
  };

  explicit Snapshots(Host host);
  ~Snapshots() override;

  // Opens the snapshots on the disk. REQUIRES: called before all other functions.
  absl::Status Open();
  std::optional<raft::SnapshotMeta> Newest() const { return store_->Newest(); }

  // Saves an image in several pieces. `done` runs on the executor. REQUIRES: no other save is in
  // progress.
  void Save(const raft::SnapshotMeta& meta, const metadata::MetadataImage& image,
            std::function<void()> done);
  // Loads a snapshot. Returns the errors of SnapshotReader and SnapshotLoader.
  absl::StatusOr<metadata::MetadataImage> Load(const raft::SnapshotId& id) const;

  // raft::SnapshotStore
  void Read(raft::SnapshotId id, int64_t position,
            absl::AnyInvocable<void(absl::StatusOr<raft::SnapshotPiece>) &&> done) override {
    store_->Read(id, position, std::move(done));
  }
  void Receive(raft::SnapshotId id, int64_t position, std::string bytes,
               absl::AnyInvocable<void(absl::StatusOr<raft::ReceivedSnapshot>) &&> done) override {
    store_->Receive(id, position, std::move(bytes), std::move(done));
  }

 private:
  class MortalFiles;

  const Host host_;
  std::unique_ptr<MortalFiles> files_;
  std::unique_ptr<storage::FileSnapshotStore> store_;
  std::unique_ptr<storage::BackgroundSnapshotWriter> writer_;
};

}  // namespace quorate::sim
