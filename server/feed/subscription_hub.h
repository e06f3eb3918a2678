// Sends the committed log to all subscribers, so that none of them can slow down another. It caches
// the newest frames, which all streams share, notifies each subscription when there is more to
// send, and cuts off those that make no progress. What one subscriber is sent is decided by its
// cursor (subscription_cursor.h). The hub runs on one loop and has no locks.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/ids.h"
#include "raft/api/replicated_log.h"
#include "server/feed/feed_instruments.h"
#include "server/feed/subscription_cursor.h"
#include "server/node/leader_tracker.h"
#include "server/node/log_listeners.h"
#include "storage/file_snapshot_store.h"

namespace quorate::server {

// Identifies a subscription. Ids are never reused.
using SubscriptionId = uint64_t;

class SubscriptionHub final : public LogWatcher {
 public:
  // What the hub is connected to. Everything outlives the hub.
  struct Ports {
    Executor* executor = nullptr;
    const Clock* clock = nullptr;
    raft::ReplicatedLog* log = nullptr;
    // Must be notified of changes before the hub is.
    const LeaderTracker* leader = nullptr;
    const FrameEncoder* encoder = nullptr;
    // Null if the log never begins with a snapshot.
    storage::FileSnapshotStore* snapshots = nullptr;
  };

  SubscriptionHub(HubOptions options, const Ports& ports);

  // Starts a subscription. `stream` must live until the hub calls its Finish or Cut, which it does
  // once. Any thread.
  SubscriptionId Subscribe(SubscriptionStart start, SubscriberStream* stream);

  // Called when a Write of the stream is done, and when the stream is broken. Any thread.
  void OnWritten(SubscriptionId id);
  void OnBroken(SubscriptionId id);

  // What the hub has counted. Any thread.
  const FeedInstruments& instruments() const { return instruments_; }
  // Calls `done` on the loop with the state of all subscriptions. Any thread.
  void Describe(absl::AnyInvocable<void(FeedStatus) &&> done);

  // Ends all streams, and those that start later. Any thread.
  void Shutdown();

  // LogWatcher
  void OnSnapshot(const raft::SnapshotMeta& snapshot) override;
  void OnCommitted(const std::vector<raft::EntryPtr>& entries) override;
  void OnLeaderChange(Epoch epoch, std::optional<NodeId> leader) override;

 private:
  // Runs `fn(cursor)` on the loop, unless the subscription has ended by then.
  template <typename Fn>
  void PostTo(SubscriptionId id, Fn fn);

  void Add(SubscriptionId id, SubscriptionStart start, SubscriberStream* stream);
  void Append(const std::vector<raft::EntryPtr>& entries);
  // Pumps every cursor, in slices, each in its own task.
  void PumpAll(bool with_progress);
  void PumpSlice();
  void ArmTick();
  void Tick();

  FeedInstruments instruments_;

  // On the loop only.
  CatchUpSlots slots_;
  SubscriptionSource source_;
  Epoch last_epoch_;
  std::map<SubscriptionId, std::shared_ptr<SubscriptionCursor>> cursors_;
  // One pass over all cursors.
  struct Pass {
    SubscriptionId next = 0;
    bool with_progress = false;
  };
  // The pass in progress, and the one that follows it if more was requested meanwhile.
  std::optional<Pass> pass_;
  std::optional<Pass> next_pass_;
  TimerId tick_ = kNoTimer;
  bool shut_down_ = false;

  std::atomic<SubscriptionId> next_id_{1};
};

}  // namespace quorate::server
