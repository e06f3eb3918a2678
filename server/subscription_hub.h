// Fans the committed log out to subscribers (docs/ARCHITECTURE.md, "Subscribers cannot hurt each
// other"). Each stream is a cursor into shared frames: the newest are cached, older ones are read
// from the log in chunks. A stream holds at most one chunk that is not sent yet; one that makes no
// progress is cut off, never waited for. One loop, no locks.
//
// A subscriber resumes by (epoch, end offset), which must be a place in this log:
//
//   0 ─────────────────────────────► streaming
//   at or below the high watermark ─► read the entry that ends there ─► streaming | reset
//   above it ─► ask the leader how far the log is ─► wait until that is here ─► as above
//   no longer in the log ─► the newest snapshot, chunk by chunk ─► streaming
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/ids.h"
#include "quorate/common/v1/error.pb.h"
#include "raft/replicated_log.h"
#include "server/leader_tracker.h"
#include "server/log_listeners.h"
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
};

// Names a subscription; never used again.
using SubscriptionId = uint64_t;

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

class SubscriptionHub final : public LogWatcher {
 public:
  // All outlive the hub; `leader` is told of changes before it.
  SubscriptionHub(HubOptions options, Executor* executor, const Clock* clock,
                  const LeaderTracker* leader);
  ~SubscriptionHub() override;

  // Call once, before the log can call back.
  void SetLog(raft::ReplicatedLog* log) { log_ = log; }
  // Alike; not needed where the log never begins with a snapshot.
  void SetSnapshots(storage::SnapshotDepot* snapshots) { snapshots_ = snapshots; }

  // Any thread. `stream` stays valid until the hub calls its Finish or Cut, which it does once.
  SubscriptionId Subscribe(SubscriptionStart start, SubscriberStream* stream);

  // Any thread: a Write is done; the stream is broken.
  void OnWritten(SubscriptionId id);
  void OnBroken(SubscriptionId id);

  // Any thread. Ends all streams, and those that come.
  void Shutdown();

  // LogWatcher
  void OnSnapshot(const raft::SnapshotMeta& snapshot) override;
  void OnCommitted(const std::vector<raft::EntryPtr>& entries) override;
  void OnLeaderChange(Epoch epoch, std::optional<NodeId> leader) override;

 private:
  struct Cursor;

  // Runs `fn(cursor)` on the loop, unless the subscription has ended by then.
  template <typename Fn>
  void PostTo(SubscriptionId id, Fn fn);

  void Add(SubscriptionId id, SubscriptionStart start, SubscriberStream* stream);
  void Locate(Cursor& cursor);
  void AskLeader(Cursor& cursor);
  void OnLeaderOffset(Cursor& cursor, const absl::StatusOr<RecordOffset>& offset);
  void VerifyStart(Cursor& cursor);
  void OnStartFound(Cursor& cursor, RecordOffset end_offset, Epoch epoch);
  void Reset(Cursor& cursor, const std::string& reason);
  // From `cursor.start` on, as a subscriber that has no part of a snapshot.
  void BeginAtStart(Cursor& cursor);
  // The batch that it has last, or that it wants next, is no longer in the log.
  void OnStartCompacted(Cursor& cursor);
  void BeginSnapshot(Cursor& cursor);
  std::optional<raft::SnapshotId> NewestSnapshot() const;
  void ReadChunk(Cursor& cursor);
  void OnChunk(Cursor& cursor, const absl::StatusOr<storage::SnapshotChunk>& chunk);

  // Sends what is next, unless something is under way.
  void Pump(Cursor& cursor);
  void ReadLog(Cursor& cursor);
  void OnRead(Cursor& cursor, const absl::StatusOr<std::vector<raft::EntryPtr>>& entries);
  void Send(Cursor& cursor, std::vector<FramePtr> frames);

  // These end the cursor's life.
  void Finish(Cursor& cursor, std::optional<common::v1::Error> error);
  void FailRead(Cursor& cursor, const absl::Status& status);

  void Append(const std::vector<raft::EntryPtr>& entries);
  void PumpAll(bool with_progress);
  void ArmTick();
  void Tick();
  bool IsStalled(Cursor& cursor);

  const HubOptions options_;
  Executor* const executor_;
  const Clock* const clock_;
  const LeaderTracker* const leader_;
  raft::ReplicatedLog* log_ = nullptr;
  storage::SnapshotDepot* snapshots_ = nullptr;
  std::atomic<SubscriptionId> next_id_{1};

  // On the loop only.
  FrameCache cache_;
  RecordOffset high_watermark_;
  Epoch last_epoch_;
  std::map<SubscriptionId, std::unique_ptr<Cursor>> cursors_;
  TimerId tick_ = kNoTimer;
  bool shut_down_ = false;
};

}  // namespace quorate::server
