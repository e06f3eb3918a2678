// Sends the log to one subscriber: finds the place where the subscription starts, then sends the
// batches that follow. It is never more than one chunk ahead of what the network takes, so a slow
// subscriber holds no more memory than that. The cursor and its callbacks run on the hub's loop.
//
// A subscriber resumes at (epoch, end offset), which must be a place in this log:
//
//   0 ─────────────────────────────► streaming
//   at or below the high watermark ─► read the entry that ends there ─► streaming | reset
//   above it ─► ask the leader for its high watermark ─► wait until it is reached here ─► as above
//   no longer in the log ─► the newest snapshot, chunk by chunk ─► streaming
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/ids.h"
#include "quorate/common/v1/error.pb.h"
#include "raft/api/replicated_log.h"
#include "server/feed/catch_up_slots.h"
#include "server/feed/feed_instruments.h"
#include "server/feed/frame_cache.h"
#include "server/node/leader_tracker.h"
#include "storage/file_snapshot_store.h"

namespace quorate::server {

struct HubOptions {
  size_t cache_bytes = size_t{32} << 20;
  // The most bytes that are given to a stream at once, and so the most that wait for a slow
  // subscriber. A frame that is larger is sent alone.
  size_t chunk_bytes = size_t{1} << 20;
  // A stream is cut off if it has something to write and makes no progress for this long.
  Duration stall_timeout = std::chrono::seconds(10);
  Duration progress_interval = std::chrono::seconds(1);
  // A subscription that is further behind than this many offsets catches up, and needs a slot for
  // each chunk.
  int64_t live_lag = 256;
  size_t catch_up_slots = 64;
  // A stream that makes no progress for this long gives its slot back.
  Duration slot_timeout = std::chrono::seconds(1);
};

// What all subscriptions of a controller read. The hub owns it.
struct SubscriptionSource {
  HubOptions options;
  Executor* executor = nullptr;
  const Clock* clock = nullptr;
  const LeaderTracker* leader = nullptr;
  const FrameEncoder* encoder = nullptr;
  raft::ReplicatedLog* log = nullptr;
  // Null if the log never begins with a snapshot.
  storage::FileSnapshotStore* snapshots = nullptr;
  // The newest committed batches. The last one ends at `high_watermark`, which is the end of
  // everything committed.
  FrameCache cache;
  RecordOffset high_watermark;
  CatchUpSlots* slots = nullptr;
  FeedInstruments* instruments = nullptr;
};

// The network side of one subscription. Called on the hub's loop; must not block.
class SubscriberStream {
 public:
  virtual ~SubscriberStream() = default;

  // Sends the frames in order, then calls SubscriptionHub::OnWritten. At most one Write is in
  // flight.
  virtual void Write(std::vector<FramePtr> frames) = 0;
  // Returns the number of frames sent so far.
  virtual uint64_t frames_sent() const = 0;
  // Ends the stream: normally if there is no error. This is the last call; the stream may be
  // deleted afterwards.
  virtual void Finish(std::optional<common::v1::Error> error) = 0;
  // Like Finish, but does not wait for a Write in flight.
  virtual void Cut(common::v1::Error error) = 0;
};

struct SubscriptionStart {
  // The epoch and the end offset of the last batch that the subscriber has. Both are 0 if it has
  // none.
  Epoch epoch;
  RecordOffset end_offset;
  // Names the subscriber in logs.
  std::string subscriber;
  // A snapshot of which the subscriber already has the chunks before `position`.
  struct PartOfSnapshot {
    raft::SnapshotId id;
    storage::FilePosition position = 0;
  };
  std::optional<PartOfSnapshot> part;
  // Whether a subscriber without data that needs a snapshot gets the oldest one from which the log
  // continues, instead of the newest.
  bool from_oldest_snapshot = false;
};

// Owned by a shared_ptr, because callbacks may arrive after the cursor has ended.
class SubscriptionCursor : public std::enable_shared_from_this<SubscriptionCursor> {
 public:
  // `on_end` is called once, when the cursor ends, before the stream's Finish or Cut; the owner may
  // release the cursor then. `source` outlives the cursor. `stream` must live until its Finish or
  // Cut.
  SubscriptionCursor(const SubscriptionSource* source, SubscriptionStart start,
                     SubscriberStream* stream, absl::AnyInvocable<void()> on_end);

  void Begin();

  // Sends what has become available. If `with_progress` is set, the subscriber also gets a progress
  // frame (how far the log is) once it has everything.
  void Pump(bool with_progress);

  // Called when the stream's Write is done.
  void OnWritten();

  // Checks whether the network has taken any frames since the last check. The hub calls it
  // periodically.
  void NoteProgress();
  // Returns whether the network, as of the last NoteProgress, has taken no frames for
  // HubOptions::stall_timeout.
  bool IsStalled() const { return HasNotMovedFor(source_->options.stall_timeout); }

  // Returns how many offsets the subscriber is behind the committed log, not counting the Write in
  // flight, and the bytes of that Write (0 if none is in flight).
  int64_t lag_offsets() const { return std::max<int64_t>(source_->high_watermark - next_, 0); }
  size_t unsent_bytes() const { return writing_ ? written_bytes_ : 0; }

  // Each of these ends the cursor. Finish ends it normally if there is no error. CutOff does not
  // wait for the network.
  void Finish(std::optional<common::v1::Error> error);
  void CutOff();

 private:
  enum class Phase {
    kLocating,   // looking up the start in the log
    kWaiting,    // for the high watermark to reach `wait_for_`
    kSnapshot,   // sending the snapshot `part_`
    kStreaming,  // sending batches from `next_` on
    kEnding,     // sending the last frame
  };

  // Returns a callback for other threads. It runs `fn(cursor, args…)` on the loop unless the cursor
  // has ended by then.
  template <typename Fn>
  auto OnLoop(Fn fn);

  // Finding the start.
  void BeginAtStart();
  void Locate();
  void AskLeader();
  void OnLeaderOffset(const absl::StatusOr<RecordOffset>& offset);
  void VerifyStart();
  void OnStartRead(const absl::StatusOr<std::vector<raft::EntryPtr>>& entries);
  void OnStartFound(RecordOffset end_offset, Epoch epoch);
  // The last batch that the subscriber has is no longer in the log.
  void OnStartCompacted();
  void Reset(const std::string& reason);

  // Sending a snapshot.
  void BeginSnapshot();
  void BeginSnapshot(const raft::SnapshotId& id);
  void BeginOldestSnapshot();
  // Looks for the first of `ids`, which ascend, from which the log continues.
  void FindOldest(std::vector<raft::SnapshotId> ids);
  std::optional<raft::SnapshotId> NewestSnapshot() const;
  void ReadChunk();
  void OnChunk(const absl::StatusOr<storage::ContentChunk>& chunk);

  // Sending batches.
  void SendNext();
  void ReadLog();
  void OnRead(const absl::StatusOr<std::vector<raft::EntryPtr>>& entries);

  bool NeedsSlot() const;
  // Takes a slot, or queues for one.
  void AskForSlot();
  bool OnSlot();
  void ReleaseSlot();

  bool HasNotMovedFor(Duration time) const {
    return writing_ && source_->clock->Now() - moved_at_ >= time;
  }
  void Send(std::vector<FramePtr> frames);
  void FailRead(const absl::Status& status);

  const SubscriptionSource* const source_;
  SubscriptionStart start_;
  SubscriberStream* const stream_;
  absl::AnyInvocable<void()> on_end_;

  Phase phase_ = Phase::kLocating;
  RecordOffset wait_for_;
  RecordOffset next_;
  // The snapshot that is being sent, and the position of its next chunk.
  SubscriptionStart::PartOfSnapshot part_;
  bool progress_due_ = true;
  bool writing_ = false;
  // The size of the last Write.
  size_t written_bytes_ = 0;
  bool reading_ = false;
  bool has_slot_ = false;
  bool waits_for_slot_ = false;
  // For detecting a stall: when the current Write started or last made progress, and how many
  // frames were sent at that time.
  MonoTime moved_at_;
  uint64_t sent_at_move_ = 0;
};

}  // namespace quorate::server
