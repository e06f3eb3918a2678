// Decides when this node writes a snapshot and of which image, has it written, and loads snapshots.
// Runs on every controller whatever its role, because each compacts its own log.
//
// A snapshot is due when the log has grown by enough since the last one. The scheduler then asks
// the controller for an image. The controller may be some entries ahead of the scheduler when it
// answers, so the scheduler keeps a SnapshotMeta for the end of each entry that arrives
// meanwhile, and picks the one at which the image ends.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/ids.h"
#include "controller/snapshot_source.h"
#include "metadata/metadata_image.h"
#include "raft/api/replicated_log.h"
#include "raft/api/snapshot.h"
#include "server/node/log_listeners.h"
#include "storage/background_snapshot_writer.h"
#include "storage/file_snapshot_store.h"
#include "storage/snapshot_reader.h"

namespace quorate::server {

// Reads a snapshot to its end and returns the image in it. Returns the errors of the reader and of
// SnapshotLoader.
absl::StatusOr<metadata::MetadataImage> LoadImage(storage::SnapshotReader& reader);

class SnapshotScheduler final : public LogWatcher, public controller::SnapshotSource {
 public:
  struct Options {
    NodeId self;
    // A snapshot is due when the log has grown by the larger of min_log_bytes and
    // log_bytes_per_snapshot_byte times the size of the last snapshot. So the work of writing
    // snapshots stays a fraction of the work of writing the log.
    int64_t min_log_bytes = int64_t{64} << 20;
    int64_t log_bytes_per_snapshot_byte = 4;
    // The pause after a snapshot could not be written.
    Duration retry_pause = std::chrono::minutes(1);
  };
  // Calls `done` with a committed image that ends at `end_offset` or later, or with nullopt if
  // there is none now.
  using ReadImage =
      std::function<void(RecordOffset end_offset,
                         absl::AnyInvocable<void(std::optional<metadata::MetadataImage>) &&> done)>;

  // What the scheduler is connected to. Everything outlives the scheduler.
  struct Ports {
    // Everything except Load runs on it. It may be the writer's.
    Executor* executor = nullptr;
    const Clock* clock = nullptr;
    // The log is notified of a snapshot only once a newer one is durable, so that it still
    // continues the older one if the newest is damaged.
    raft::ReplicatedLog* log = nullptr;
    storage::FileSnapshotStore* store = nullptr;
    storage::BackgroundSnapshotWriter* writer = nullptr;
  };
  // A snapshot that was read before, with its image.
  struct Loaded {
    raft::SnapshotId id;
    metadata::MetadataImage image;
  };

  // `loaded` is the snapshot that the node starts with. The first Load returns its image if it asks
  // for this snapshot.
  SnapshotScheduler(Options options, const Ports& ports, ReadImage read_image,
                    std::optional<Loaded> loaded = std::nullopt);

  // controller::SnapshotSource. On the controller's worker.
  absl::StatusOr<metadata::MetadataImage> Load(const raft::SnapshotId& id) override;

  // LogWatcher
  void OnSnapshot(const raft::SnapshotMeta& snapshot) override;
  void OnCommitted(const std::vector<raft::EntryPtr>& entries) override;

 private:
  enum class Stage { kIdle, kAsking, kSaving };

  void Begin(const raft::SnapshotMeta& snapshot);
  void Track(const raft::Entry& entry);
  bool IsDue() const;
  void AskForImage();
  // Saves the image once it has arrived and the log has been seen up to its end.
  void SaveIfReady();
  void OnSaved(const raft::SnapshotMeta& meta, const absl::StatusOr<int64_t>& size);

  const Options options_;
  Executor* const executor_;
  const Clock* const clock_;
  raft::ReplicatedLog* const log_;
  storage::FileSnapshotStore* const store_;
  storage::BackgroundSnapshotWriter* const writer_;
  const ReadImage read_image_;
  std::optional<Loaded> loaded_;

  // Describes the log up to the last entry seen; nullopt if there is none.
  std::optional<raft::SnapshotMeta> seen_;
  int64_t bytes_since_last_ = 0;
  int64_t last_size_ = 0;
  // The newest snapshot. The log has not been notified of it yet.
  std::optional<raft::SnapshotMeta> newest_;
  // Whether this node wrote the last snapshot itself. Its turns are then already apart from those
  // of the other controllers.
  bool in_turn_ = false;
  MonoTime not_before_;

  Stage stage_ = Stage::kIdle;
  // Numbers the requests for an image, so that the answer to an older one is ignored.
  uint64_t question_ = 0;
  // In kAsking: the end of the log when the image was requested, and after each entry since.
  std::deque<raft::SnapshotMeta> ends_;
  std::optional<metadata::MetadataImage> image_;
};

}  // namespace quorate::server
