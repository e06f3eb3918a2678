// Decides when this node writes a snapshot, of which image, and has it written; and loads one
// again. On every controller, whatever its role: each compacts its own log.
//
// A snapshot is due when the log has grown by enough since the last one. The image is asked of the
// controller, which may meanwhile be some entries ahead: what describes the log at the image's end
// is kept from the entries that come from the question on.
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
#include "raft/replicated_log.h"
#include "raft/snapshot.h"
#include "server/log_listeners.h"
#include "storage/snapshot_depot.h"
#include "storage/snapshot_reader.h"
#include "storage/snapshot_saver.h"

namespace quorate::server {

// The image in a snapshot, read to its end. The errors of the reader and of SnapshotLoader.
absl::StatusOr<metadata::MetadataImage> LoadImage(storage::SnapshotReader& reader);

class Snapshotter final : public LogWatcher, public controller::SnapshotSource {
 public:
  struct Options {
    NodeId self;
    // Due when the log has grown by as much as the larger of these: the work of writing snapshots
    // stays a fraction of the work of writing the log.
    int64_t min_log_bytes = int64_t{64} << 20;
    int64_t log_bytes_per_snapshot_byte = 4;
    // After one could not be written.
    Duration retry_pause = std::chrono::minutes(1);
  };
  // Answers with a committed image that ends at `end_offset` or later; nothing: not now.
  using ReadImage =
      std::function<void(RecordOffset end_offset,
                         absl::AnyInvocable<void(std::optional<metadata::MetadataImage>) &&> done)>;

  // All outlive the snapshotter. Everything but Load runs on `executor`, which may be the saver's.
  Snapshotter(Options options, Executor* executor, const Clock* clock,
              storage::SnapshotDepot* depot, storage::SnapshotSaver* saver, ReadImage read_image);

  // Call once, before the log can call back. It is told of a snapshot once a newer one is durable,
  // so that it reaches back to one that is left when the newest gets damaged.
  void SetLog(raft::ReplicatedLog* log) { log_ = log; }

  // What was read of the snapshot that the node begins with: the first Load of it gives this. Call
  // once, before that.
  void SetLoaded(const raft::SnapshotId& id, metadata::MetadataImage image);

  // controller::SnapshotSource; the controller's thread.
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
  // Once the image is here and the log up to its end was seen.
  void SaveIfReady();
  void OnSaved(const raft::SnapshotMeta& meta, const absl::StatusOr<int64_t>& size);

  const Options options_;
  Executor* const executor_;
  const Clock* const clock_;
  storage::SnapshotDepot* const depot_;
  storage::SnapshotSaver* const saver_;
  const ReadImage read_image_;
  raft::ReplicatedLog* log_ = nullptr;
  std::optional<std::pair<raft::SnapshotId, metadata::MetadataImage>> loaded_;

  // Of the log up to the last entry seen; nothing: none was.
  std::optional<raft::SnapshotMeta> seen_;
  int64_t bytes_since_last_ = 0;
  int64_t last_size_ = 0;
  // The newest, which the log may forget nothing for yet.
  std::optional<raft::SnapshotMeta> newest_;
  // This node wrote the last one, so that its turn is apart from the others' already.
  bool in_turn_ = false;
  MonoTime not_before_;

  Stage stage_ = Stage::kIdle;
  // Of the question that is open: answers to others are late.
  uint64_t question_ = 0;
  // While asking: where the log ended when the question was asked, and after each entry since.
  std::deque<raft::SnapshotMeta> ends_;
  std::optional<metadata::MetadataImage> image_;
};

}  // namespace quorate::server
