// One subscription's way through the log: finds the place where it begins, then sends what comes,
// at most one chunk ahead of what the network takes, so that a slow one costs no more than that. On
// the hub's loop, as all that it calls back.
//
// A subscriber resumes by (epoch, end offset), which must be a place in this log:
//
//   0 ─────────────────────────────► streaming
//   at or below the high watermark ─► read the entry that ends there ─► streaming | reset
//   above it ─► ask the leader how far the log is ─► wait until that is here ─► as above
//   no longer in the log ─► the newest snapshot, chunk by chunk ─► streaming
#pragma once

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
#include "raft/replicated_log.h"
#include "server/catch_up_slots.h"
#include "server/leader_tracker.h"
#include "server/subscription_frame.h"
#include "storage/snapshot_depot.h"

namespace quorate::server {

struct HubOptions {
  size_t cache_bytes = size_t{32} << 20;
  // Handed to a stream at once, and so all that waits for a slow subscriber; a larger frame goes
  // alone.
  size_t chunk_bytes = size_t{1} << 20;
  // A stream that writes nothing for so long though it has something to write is cut off.
  Duration stall_timeout = std::chrono::seconds(10);
  Duration progress_interval = std::chrono::seconds(1);
  // A subscription that is further behind than this catches up, and needs a slot for each chunk.
  int64_t live_lag = 256;
  size_t catch_up_slots = 64;
  // A stream that writes nothing for so long gives its slot to another one.
  Duration slot_timeout = std::chrono::seconds(1);
};

// What all subscriptions of a controller read; the hub's.
struct SubscriptionSource {
  HubOptions options;
  Executor* executor = nullptr;
  const Clock* clock = nullptr;
  const LeaderTracker* leader = nullptr;
  raft::ReplicatedLog* log = nullptr;
  // Null: the log never begins with a snapshot.
  storage::SnapshotDepot* snapshots = nullptr;
  // The newest batches; all that is committed ends at the high watermark.
  FrameCache cache;
  RecordOffset high_watermark;
  CatchUpSlots* slots = nullptr;
};

// The network's end of one subscription. Called on the hub's loop; must not block.
class SubscriberStream {
 public:
  virtual ~SubscriberStream() = default;

  // Sends the frames in order, then calls SubscriptionHub::OnWritten. One Write at a time.
  virtual void Write(std::vector<FramePtr> frames) = 0;
  // Frames sent so far.
  virtual uint64_t frames_sent() const = 0;
  // Ends the stream: in good order without an error. The last call; the stream may then go away.
  virtual void Finish(std::optional<common::v1::Error> error) = 0;
  // As Finish, but without waiting for a Write that is under way.
  virtual void Cut(common::v1::Error error) = 0;
};

struct SubscriptionStart {
  // Of the last batch that the subscriber has, and where that ends; 0 and 0: it has nothing.
  Epoch epoch;
  RecordOffset end_offset;
  // Who subscribes, for logs.
  std::string subscriber;
  // A snapshot of which it has the chunks before this position.
  struct PartOfSnapshot {
    raft::SnapshotId id;
    storage::FilePosition position = 0;
  };
  std::optional<PartOfSnapshot> part;
};

// Owned by a shared_ptr, because answers come late.
class SubscriptionCursor : public std::enable_shared_from_this<SubscriptionCursor> {
 public:
  // `on_end` is called once, when the cursor ends, before the stream is told; the cursor may be let
  // go of then. `source` outlives the cursor, `stream` lasts until its Finish or Cut.
  SubscriptionCursor(const SubscriptionSource* source, SubscriptionStart start,
                     SubscriberStream* stream, absl::AnyInvocable<void()> on_end);

  void Begin();

  // What it waits for may have come. `with_progress`: the subscriber is told how far the log is
  // once it has everything.
  void Pump(bool with_progress);

  // The stream's Write is done.
  void OnWritten();

  // Looks whether the network has taken anything. The hub calls it once in a while.
  void NoteProgress();
  // As of then, it has taken nothing for HubOptions::stall_timeout.
  bool IsStalled() const { return HasNotMovedFor(source_->options.stall_timeout); }

  // These end it: in good order without an error; without waiting for the network.
  void Finish(std::optional<common::v1::Error> error);
  void CutOff();

 private:
  enum class Phase {
    kLocating,   // its start is being looked up in the log
    kWaiting,    // until the high watermark is at `wait_for_`
    kSnapshot,   // `part_` is being sent
    kStreaming,  // from `next_` on
    kEnding,     // a last frame is under way
  };

  // `fn(cursor, args…)` as a callback for other threads, run on the loop unless the cursor has
  // ended by then.
  template <typename Fn>
  auto OnLoop(Fn fn);

  // Finding its place.
  void BeginAtStart();
  void Locate();
  void AskLeader();
  void OnLeaderOffset(const absl::StatusOr<RecordOffset>& offset);
  void VerifyStart();
  void OnStartRead(const absl::StatusOr<std::vector<raft::EntryPtr>>& entries);
  void OnStartFound(RecordOffset end_offset, Epoch epoch);
  // The batch that the subscriber has last is no longer in the log.
  void OnStartCompacted();
  void Reset(const std::string& reason);

  // Sending a snapshot.
  void BeginSnapshot();
  std::optional<raft::SnapshotId> NewestSnapshot() const;
  void ReadChunk();
  void OnChunk(const absl::StatusOr<storage::SnapshotChunk>& chunk);

  // Sending batches.
  void SendNext();
  void ReadLog();
  void OnRead(const absl::StatusOr<std::vector<raft::EntryPtr>>& entries);

  bool NeedsSlot() const;
  // Takes a slot, or waits for one.
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
  // The snapshot that is sent, and its next chunk.
  SubscriptionStart::PartOfSnapshot part_;
  bool progress_due_ = true;
  bool writing_ = false;
  bool reading_ = false;
  bool has_slot_ = false;
  bool waits_for_slot_ = false;
  // For noticing a stall: when the current Write began or last got on.
  MonoTime moved_at_;
  uint64_t sent_at_move_ = 0;
};

}  // namespace quorate::server
